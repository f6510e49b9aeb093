// Draws random configurations that keep the budget, every feasible one equally
// likely.
//
// Without a budget each choice is drawn by itself. With one, choices are drawn
// with probabilities proportional to exp(-t * weight), the tilt t >= 0 chosen
// so that the expected cost is the limit, and a draw of cost c <= limit is
// accepted with probability exp(-t * (limit - c)); the two exponentials cancel,
// so that what is accepted is exactly uniform over the feasible set. This t
// maximises the acceptance rate, which falls only with the square root of the
// number of parameters, however tight the budget. t is 0 where the budget does
// not bind. Uniform over a tightly bounded set means that most configurations
// use most of the budget: there simply are more of them.
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

  // Writes a random feasible configuration. After 1000 rejected draws (weights
  // made to defeat the tilt) it takes one that is feasible but not uniform.
  void Sample(RandomStream& stream, std::span<int32_t> choices) const;

  // Up to `count` different feasible configurations that are not `excluded`;
  // fewer only if there are no more. A smaller count gives the first ones of a
  // larger count.
  std::vector<Configuration> SampleDistinct(
      RandomStream& stream, int count, const ConfigurationSet& excluded) const;

 private:
  // The choices of one free parameter that are ever affordable.
  struct Draw {
    int parameter = 0;
    std::vector<int32_t> choices;
    std::vector<double> extra_costs;  // above the parameter's cheapest choice
    // Choice i is taken if a random 32-bit number is below thresholds[i] and
    // not below thresholds[i - 1]; the last threshold, 2^32, is left out.
    std::vector<uint32_t> thresholds;
  };

  Draw MakeDraw(int parameter) const;
  double FindTilt() const;
  bool TrySample(RandomStream& stream, std::span<int32_t> choices) const;
  bool Accept(RandomStream& stream, std::span<const int32_t> choices) const;
  void SampleGreedily(RandomStream& stream, std::span<int32_t> choices) const;
  void AppendUntaken(RandomStream& stream,
                     int count,
                     const ConfigurationSet& taken,
                     std::vector<Configuration>& samples) const;

  SearchSpace space_;
  double cheapest_ = 0;  // cost of the cheapest configuration
  double tilt_ = 0;
  std::vector<Draw> draws_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_SAMPLER_H_
