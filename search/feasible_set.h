// Sets of configurations, and the whole of a small space.
#ifndef RANKADAPTOR_SEARCH_FEASIBLE_SET_H_
#define RANKADAPTOR_SEARCH_FEASIBLE_SET_H_

#include <cstdint>
#include <set>
#include <vector>

#include "rankadaptor/search/search_space.h"

namespace rankadaptor::internal {

using ConfigurationSet = std::set<Configuration>;

// All feasible configurations in lexicographic order, or none if there are more
// than `limit` or several constraints make them too hard to list.
std::vector<Configuration> EnumerateFeasible(const SearchSpace& space,
                                             int64_t limit);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_FEASIBLE_SET_H_
