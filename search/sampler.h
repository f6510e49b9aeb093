// Draws random configurations that keep the constraints, every feasible one
// equally likely.
//
// Without constraints each choice is drawn by itself; where weight tables tie
// choices together (SearchSpace::blocks()), they are drawn together. With
// constraints, choices are drawn with probabilities proportional to exp(-sum_k
// t_k * weight_k), the tilts t_k >= 0 chosen so that no expected cost exceeds
// its limit, and a draw of costs c_k <= limit_k is accepted with probability
// exp(-sum_k t_k * (limit_k - c_k)); the exponentials cancel, so that what is
// accepted is exactly uniform over the feasible set. For one constraint this
// tilt maximises the acceptance rate, which falls only with the square root of
// the number of parameters, however tight the limit. A tilt is 0 where its
// constraint does not bind. Uniform over a tightly bounded set means that most
// configurations use most of what is allowed: there simply are more of them.
//
// Where several constraints leave so little that draws are hardly ever
// accepted, a random walk from a known configuration is used instead: feasible,
// but only roughly uniform.
//
// Thread-safe: immutable.
#ifndef RANKADAPTOR_SEARCH_SAMPLER_H_
#define RANKADAPTOR_SEARCH_SAMPLER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/search_space.h"

#include "search/feasible_set.h"

namespace rankadaptor::internal {

class Sampler {
 public:
  explicit Sampler(const SearchSpace& space);

  const SearchSpace& space() const { return space_; }

  // Writes a random feasible configuration.
  void Sample(RandomStream& stream, std::span<int32_t> choices) const;

  // Up to `count` different feasible configurations that are not `excluded`;
  // fewer only if there are no more. A smaller count gives the first ones of a
  // larger count.
  std::vector<Configuration> SampleDistinct(
      RandomStream& stream, int count, const ConfigurationSet& excluded) const;

 private:
  // The choices of one block of parameters that are ever affordable.
  struct Draw {
    std::vector<int> parameters;
    std::vector<int32_t> choices;  // [num_choices, parameters.size()]
    // Choice i is taken if a random 32-bit number is below thresholds[i] and
    // not below thresholds[i - 1]; the last threshold, 2^32, is left out.
    std::vector<uint32_t> thresholds;

    size_t IndexOf(uint32_t random) const;
  };

  bool TrySample(RandomStream& stream, std::span<int32_t> choices) const;
  bool Accept(RandomStream& stream, std::span<const int32_t> choices) const;
  bool AcceptsDraws() const;
  void Walk(RandomStream& stream, std::span<int32_t> choices) const;
  void AppendUntaken(RandomStream& stream,
                     int count,
                     const ConfigurationSet& taken,
                     std::vector<Configuration>& samples) const;

  SearchSpace space_;
  std::vector<double> tilts_;  // [num_constraints], per unit of the constraint
  std::vector<Draw> draws_;
  bool accepts_draws_ = true;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_SAMPLER_H_
