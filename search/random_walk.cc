#include "search/random_walk.h"

namespace rankadaptor::internal {
namespace {

// Another choice of a random free parameter.
void ChangeOne(const SearchSpace& space,
               RandomStream& stream,
               Configuration& configuration) {
  const std::vector<int>& free = space.free_parameters();
  const int parameter = free[static_cast<size_t>(
      stream.UniformInt(0, static_cast<int64_t>(free.size()) - 1))];
  const auto num_choices =
      static_cast<int64_t>(space.parameter(parameter).choices.size());
  int32_t& choice = configuration.choices[parameter];
  const auto other =
      static_cast<int32_t>(stream.UniformInt(0, num_choices - 2));
  choice = other + (other >= choice ? 1 : 0);
}

}  // namespace

bool RandomStep(const SearchSpace& space,
                RandomStream& stream,
                Configuration& configuration) {
  if (space.free_parameters().empty()) return false;
  Configuration next = configuration;
  for (int changes = 1; changes <= 2; ++changes) {
    ChangeOne(space, stream, next);
    if (next != configuration && space.KeepsConstraints(next)) {
      configuration = std::move(next);
      return true;
    }
  }
  return false;
}

}  // namespace rankadaptor::internal
