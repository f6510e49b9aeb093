// Latin hypercube sampling: in every block of as many suggestions as the
// longest list has choices, each parameter takes its choices equally often
// (McKay, Beckman and Conover 1979). Under constraints a point of the design is
// kept as far as a random feasible configuration can follow it.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_LATIN_HYPERCUBE_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_LATIN_HYPERCUBE_STRATEGY_H_

#include <optional>

#include "search/strategies/sequential_strategy.h"

namespace rankadaptor::internal {

class LatinHypercubeStrategy final : public SequentialStrategy {
 public:
  LatinHypercubeStrategy(const SearchSpace& space, uint64_t seed);

 private:
  std::optional<Configuration> Choose(RandomStream& stream) override;
  Configuration DesignPoint(size_t index) const;

  size_t block_size_ = 1;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_LATIN_HYPERCUBE_STRATEGY_H_
