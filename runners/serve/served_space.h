// A search space as a request describes it: values are JSON and come back as
// they were given, whatever they are to the engine.
#ifndef RANKADAPTOR_RUNNERS_SERVE_SERVED_SPACE_H_
#define RANKADAPTOR_RUNNERS_SERVE_SERVED_SPACE_H_

#include <vector>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"

#include "runners/serve/json_field.h"

namespace rankadaptor::runners {

// Thread-safe: immutable.
class ServedSpace {
 public:
  // From the fields `space` and `constraints` of `create`. Errors name the
  // field.
  static Result<ServedSpace> Parse(const JsonField& create);

  const SearchSpace& space() const { return space_; }

  // A list of one value per parameter.
  nlohmann::json Values(const Configuration& configuration) const;

  // The inverse; constraints need not be kept. kInvalidArgument names the value
  // that is not among its parameter's.
  Result<Configuration> FromValues(const JsonField& values) const;

 private:
  ServedSpace(SearchSpace space,
              std::vector<std::vector<nlohmann::json>> values)
      : space_(std::move(space)), values_(std::move(values)) {}

  SearchSpace space_;
  std::vector<std::vector<nlohmann::json>> values_;  // [num_parameters]
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SERVE_SERVED_SPACE_H_
