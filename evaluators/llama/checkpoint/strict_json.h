// JSON files of foreign origin, read without surprises: a key given twice, deep
// nesting or bytes that are not UTF-8 are errors, and fields are taken out with
// their type and range checked. Every error names the file, the field, its
// value and what was allowed.
//
//   RA_ASSIGN_OR_RETURN(nlohmann::json root, ParseJsonObject(text, file));
//   JsonFields fields(root, file);
//   RA_ASSIGN_OR_RETURN(int64_t r, fields.Integer("r", {1, 1024}));
//
// Thread-safe.
#ifndef RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_STRICT_JSON_H_
#define RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_STRICT_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama::internal {

// Parses `text`, any JSON value. `file` is for messages.
Result<nlohmann::json> ParseJson(std::string_view text,
                                 const std::string& file);

// The same for text that must be one JSON object.
Result<nlohmann::json> ParseJsonObject(std::string_view text,
                                       const std::string& file);

// A value as it appears in a message: compact JSON, shortened if long.
std::string JsonForMessage(const nlohmann::json& value);

// Both ends included.
struct IntegerRange {
  int64_t low = 0;
  int64_t high = 0;
};

// The fields of one JSON object. A field that is null counts as absent. The
// object is borrowed and must outlive this.
class JsonFields {
 public:
  // `place` starts every message: a file, or "file: field" for a nested object.
  JsonFields(const nlohmann::json& object, std::string place)
      : object_(object), place_(std::move(place)) {}

  // Null if the field is absent or null.
  const nlohmann::json* Find(const char* name) const;

  // A required field.
  Result<int64_t> Integer(const char* name, IntegerRange range) const;
  Result<double> Positive(const char* name) const;
  Result<std::vector<int64_t>> Integers(const char* name,
                                        IntegerRange range) const;

  // An optional field.
  Result<int64_t> IntegerOr(const char* name,
                            IntegerRange range,
                            int64_t fallback) const;
  Result<double> PositiveOr(const char* name, double fallback) const;
  Result<bool> BooleanOr(const char* name, bool fallback) const;
  Result<std::string> StringOr(const char* name,
                               const std::string& fallback) const;

  // The nested object `name`, which Find() must have found.
  Result<JsonFields> Nested(const char* name) const;

  const nlohmann::json& object() const { return object_; }
  const std::string& place() const { return place_; }

  // "<place>: <name> = <value> <what>" for a field that is there.
  tl::unexpected<Error> Refuse(const char* name, std::string_view what) const;

  // "<place>: <name> is missing".
  tl::unexpected<Error> Missing(const char* name) const;

 private:
  const nlohmann::json& object_;
  std::string place_;
};

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_STRICT_JSON_H_
