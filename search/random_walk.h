// Random steps from one feasible configuration to another: a change of one
// parameter or, where constraints are so tight that none fits, of two at once.
// For strategies that search near good configurations, and for drawing where
// rejection does not work.
#ifndef RANKADAPTOR_SEARCH_RANDOM_WALK_H_
#define RANKADAPTOR_SEARCH_RANDOM_WALK_H_

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::internal {

// Moves `configuration`, which is feasible, to a random neighbour that is
// feasible too; false if it found none and `configuration` is as before. A
// step and its reverse are equally likely, so that long walks are uniform over
// what they can reach.
bool RandomStep(const SearchSpace& space,
                RandomStream& stream,
                Configuration& configuration);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_RANDOM_WALK_H_
