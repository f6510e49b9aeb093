// The first configurations of a study that knows nothing yet: the same relative
// level everywhere, twice near the middle (where a per-layer space usually has
// its sensible defaults), then a Latin hypercube, in which every dimension
// takes each of its levels about equally often.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_START_DESIGN_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_START_DESIGN_H_

#include <cstdint>
#include <vector>

#include "search/sampler.h"
#include "search/strategies/free_space.h"

namespace rankadaptor::internal {

// Different feasible rows; fewer than usual in small spaces.
std::vector<Row> StartDesign(const FreeSpace& space,
                             const Sampler& sampler,
                             uint64_t seed);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_START_DESIGN_H_
