#include "search/blend.h"

#include <vector>

namespace rankadaptor::internal {

Configuration Blend(const SearchSpace& space,
                    RandomStream& stream,
                    Configuration feasible,
                    const Configuration& target,
                    double share) {
  std::vector<int> order = space.free_parameters();
  stream.Shuffle(std::span(order));
  for (int parameter : order) {
    if (stream.UniformReal(0, 1) >= share) continue;
    int32_t& choice = feasible.choices[parameter];
    const int32_t before = choice;
    choice = target.choices[parameter];
    if (!space.KeepsConstraints(feasible)) choice = before;
  }
  return feasible;
}

}  // namespace rankadaptor::internal
