// Where each field of a config came from, so that a problem that is seen later
// than parsing (a file that does not exist, an empty range) still names file,
// line and column.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_RUNNERS_CONFIG_FIELD_PLACES_H_
#define RANKADAPTOR_RUNNERS_CONFIG_FIELD_PLACES_H_

#include <map>
#include <string>
#include <string_view>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

class FieldPlaces {
 public:
  // `document` is the place of the whole: the file's name.
  explicit FieldPlaces(std::string document) : document_(std::move(document)) {}

  // `field` is a path such as "search.convergence.rounds".
  void Record(const std::string& field, std::string place);

  // "study.yaml:12:5"; of the nearest enclosing field if `field` itself was
  // not given.
  std::string Find(std::string_view field) const;

  // kInvalidArgument "<place>: <field> <problem>".
  tl::unexpected<Error> Invalid(std::string_view field,
                                std::string_view problem) const;

  // The same error with "<place>: <field>: " in front of its sentence.
  tl::unexpected<Error> In(std::string_view field, Error error) const;

 private:
  std::string document_;
  std::map<std::string, std::string, std::less<>> places_;
};

// "a" + "b" = "a.b"; "" + "b" = "b".
std::string JoinField(std::string_view parent, std::string_view name);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_CONFIG_FIELD_PLACES_H_
