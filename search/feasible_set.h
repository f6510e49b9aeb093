// The configurations of a space that keep its budget, one after another.
#ifndef RANKADAPTOR_SEARCH_FEASIBLE_SET_H_
#define RANKADAPTOR_SEARCH_FEASIBLE_SET_H_

#include <functional>
#include <set>
#include <vector>

#include "rankadaptor/search/search_space.h"

namespace rankadaptor::internal {

using ConfigurationSet = std::set<Configuration>;

// Calls `visit` for each feasible configuration in lexicographic order until it
// returns false. The first n cost O(n * num_parameters): branches without a
// feasible end are not entered.
void ForEachFeasible(const SearchSpace& space,
                     const std::function<bool(const Configuration&)>& visit);

// All feasible configurations, or none if there are more than `limit`.
std::vector<Configuration> EnumerateFeasible(const SearchSpace& space,
                                             int64_t limit);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_FEASIBLE_SET_H_
