#include "search/feasible_set.h"

#include <cmath>

#include "rankadaptor/search/feasible_configurations.h"

namespace rankadaptor::internal {

std::vector<Configuration> EnumerateFeasible(const SearchSpace& space,
                                             int64_t limit) {
  std::vector<Configuration> all;
  const bool too_many =
      space.Log10Size() > std::log10(static_cast<double>(limit)) + 0.01;
  if (too_many && space.constraints().empty()) return all;
  const bool complete =
      ForEachFeasible(space, [&](const Configuration& configuration) {
        all.push_back(configuration);
        return static_cast<int64_t>(all.size()) <= limit;
      });
  if (!complete || static_cast<int64_t>(all.size()) > limit) all.clear();
  return all;
}

}  // namespace rankadaptor::internal
