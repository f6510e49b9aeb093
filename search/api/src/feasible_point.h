// Finds one configuration that keeps all constraints, or proves that there is
// none. For several constraints this is a multiple-choice knapsack problem and
// NP-hard, so it goes from cheap to dear: a Lagrangian dual, which proves most
// infeasible sets infeasible; repair of what the dual visited by single
// changes; a depth-first search that is exact but gives up after a million
// steps.
#ifndef RANKADAPTOR_SEARCH_API_SRC_FEASIBLE_POINT_H_
#define RANKADAPTOR_SEARCH_API_SRC_FEASIBLE_POINT_H_

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::internal {

// The cheapest configuration if there is one constraint. kInvalidArgument if
// there is none, kResourceExhausted if the search gave up. Deterministic.
Result<Configuration> FindFeasible(const SearchSpace& space);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_API_SRC_FEASIBLE_POINT_H_
