// Moves a feasible configuration towards another one.
#ifndef RANKADAPTOR_SEARCH_BLEND_H_
#define RANKADAPTOR_SEARCH_BLEND_H_

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::internal {

// `feasible` with choices of `target` taken over in random order, each with
// probability `share`, where the constraints allow it. The result is feasible.
Configuration Blend(const SearchSpace& space,
                    RandomStream& stream,
                    Configuration feasible,
                    const Configuration& target,
                    double share);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_BLEND_H_
