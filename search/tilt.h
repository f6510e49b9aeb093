// The tilts with which the sampler draws under constraints (sampler.h):
// choices have probabilities proportional to exp(-sum_k t_k * cost_k), and the
// tilts minimise log Z(t) + sum_k t_k, which is convex and where each expected
// cost is 1, its limit, or less with a tilt of 0.
#ifndef RANKADAPTOR_SEARCH_TILT_H_
#define RANKADAPTOR_SEARCH_TILT_H_

#include <cstddef>
#include <vector>

#include "rankadaptor/search/scaled_constraints.h"

namespace rankadaptor::internal {

// One tilt per constraint.
std::vector<double> FindTilts(const ScaledConstraints& scaled);

// The probabilities of the block's choices; they sum to 1.
std::vector<double> TiltedProbabilities(const ScaledConstraints& scaled,
                                        size_t block,
                                        const std::vector<double>& tilts);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_TILT_H_
