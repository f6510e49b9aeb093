// A search space as a request describes it: values are JSON and come back as
// they were given, whatever they are to the engine.
#ifndef RANKADAPTOR_RUNNERS_SERVE_SERVED_SPACE_H_
#define RANKADAPTOR_RUNNERS_SERVE_SERVED_SPACE_H_

#include <vector>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/tied_space.h"

#include "runners/serve/json_field.h"

namespace rankadaptor::runners {

// Tied parameters are one to the engine and as many as they are here.
//
// Thread-safe: immutable.
class ServedSpace {
 public:
  // From the fields `space` and `constraints` of `create`. Errors name the
  // field.
  static Result<ServedSpace> Parse(const JsonField& create);

  // From a list of parameters alone, without constraints.
  static Result<ServedSpace> ParseParameters(const JsonField& list);

  const SearchSpace& space() const { return space_.space(); }

  // What the parameters as they were given are to the engine: indices.
  const std::vector<int>& places() const { return space_.places(); }

  // A list of one value per parameter.
  nlohmann::json Values(const Configuration& configuration) const;

  // The inverse; constraints need not be kept. kInvalidArgument names the value
  // that is not among its parameter's or not that of another one it is tied to.
  Result<Configuration> FromValues(const JsonField& values) const;

 private:
  ServedSpace(TiedSpace space, std::vector<std::vector<nlohmann::json>> values)
      : space_(std::move(space)), values_(std::move(values)) {}

  TiedSpace space_;
  // Of the parameters as they were given.
  std::vector<std::vector<nlohmann::json>> values_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SERVE_SERVED_SPACE_H_
