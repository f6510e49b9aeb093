// Where a config and each of its fields came from, so that a problem that is
// seen later than parsing (a file that does not exist, an empty range) still
// names file, line and column, and paths start at the config's folder.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_RUNNERS_CONFIG_CONFIG_SOURCE_H_
#define RANKADAPTOR_RUNNERS_CONFIG_CONFIG_SOURCE_H_

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

class ConfigSource {
 public:
  // `document` is the config's file as messages name it.
  explicit ConfigSource(std::string document)
      : document_(std::move(document)) {}

  // `field` is a path such as "search.convergence.rounds".
  void Record(const std::string& field, std::string place);

  // "study.yaml:12:5"; of the nearest enclosing field if `field` itself was
  // not given.
  std::string Find(std::string_view field) const;

  // A path of the config, relative to the folder that the config is in.
  std::filesystem::path Resolve(const std::string& path) const;

 private:
  std::string document_;
  std::map<std::string, std::string, std::less<>> places_;
};

// One field of a config, for whoever turns it into something else.
class ConfigField {
 public:
  // The document itself. `source` is borrowed.
  explicit ConfigField(const ConfigSource& source) : source_(&source) {}

  ConfigField operator[](std::string_view name) const;
  ConfigField operator[](int index) const;

  // kInvalidArgument "<place>: <field> <problem>".
  tl::unexpected<Error> Invalid(std::string_view problem) const;
  // The same error with "<place>: <field>: " in front of its sentence.
  tl::unexpected<Error> In(Error error) const;

  std::filesystem::path Resolve(const std::string& path) const {
    return source_->Resolve(path);
  }
  // kNotFound, naming this field, unless `path` is a file.
  Status CheckIsFile(const std::string& path) const;

 private:
  const ConfigSource* source_;
  std::string path_;
};

// "a" + "b" = "a.b"; "" + "b" = "b".
std::string JoinField(std::string_view parent, std::string_view name);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_CONFIG_CONFIG_SOURCE_H_
