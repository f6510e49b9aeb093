// A value inside a request together with where it stands, so that every error
// names field and value: `sources[0].scores[3] = "x" is not a number`.
//
// Borrows the JSON. Thread-safe: immutable.
#ifndef RANKADAPTOR_RUNNERS_SERVE_JSON_FIELD_H_
#define RANKADAPTOR_RUNNERS_SERVE_JSON_FIELD_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

class JsonField {
 public:
  JsonField(const nlohmann::json& value, std::string path)
      : value_(&value), path_(std::move(path)) {}

  const nlohmann::json& value() const { return *value_; }
  const std::string& path() const { return path_; }

  // kInvalidArgument: "<path> = <value> <what>".
  tl::unexpected<Error> Wrong(const std::string& what) const;

  // kInvalidArgument if it is no object or has a field that is not `known`.
  Status CheckFields(std::initializer_list<const char*> known) const;
  // A field of an object; kInvalidArgument if it is missing.
  Result<JsonField> Required(const char* name) const;
  std::optional<JsonField> Optional(const char* name) const;

  // All entries of an object or a list.
  std::vector<JsonField> Children() const;

  // These return kInvalidArgument for another type or an excluded value.
  Result<std::vector<JsonField>> List() const;
  Result<std::string> Text() const;
  Result<double> FiniteNumber() const;
  Result<int64_t> Integer(int64_t low, int64_t high) const;
  Result<uint64_t> Unsigned() const;

 private:
  const nlohmann::json* value_;
  std::string path_;
};

// `value` as JSON, cut if it is long; for messages.
std::string ShortText(const nlohmann::json& value);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SERVE_JSON_FIELD_H_
