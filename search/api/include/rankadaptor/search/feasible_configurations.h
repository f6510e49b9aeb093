// The configurations of a space that keep its constraints, one after another.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SEARCH_FEASIBLE_CONFIGURATIONS_H_
#define RANKADAPTOR_SEARCH_FEASIBLE_CONFIGURATIONS_H_

#include <functional>

#include "rankadaptor/search/search_space.h"

namespace rankadaptor {

// Calls `visit` for each feasible configuration until it returns false, in
// lexicographic order by the space's blocks (which is that of the
// configurations where there are no weight tables). With at most one constraint
// the first n cost O(n * num_parameters): branches without a feasible end are
// not entered. With several there are dead ends; false if a million steps in a
// row led to no configuration and the search was given up, else true.
bool ForEachFeasible(const SearchSpace& space,
                     const std::function<bool(const Configuration&)>& visit);

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_FEASIBLE_CONFIGURATIONS_H_
