// A steady-state genetic algorithm: of the best trials so far, two winners of
// tournaments are crossed and their child is mutated, all within the
// constraints. Until there is a population, suggestions are random.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_EVOLUTIONARY_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_EVOLUTIONARY_STRATEGY_H_

#include <optional>
#include <vector>

#include "search/strategies/sequential_strategy.h"

namespace rankadaptor::internal {

class EvolutionaryStrategy final : public SequentialStrategy {
 public:
  EvolutionaryStrategy(const SearchSpace& space, uint64_t seed)
      : SequentialStrategy(space, seed) {}

 private:
  std::optional<Configuration> Choose(RandomStream& stream) override;
  void Learn(const Trial& trial) override;
  const Configuration& TournamentWinner(RandomStream& stream) const;

  std::vector<Configuration> population_;  // best first
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_EVOLUTIONARY_STRATEGY_H_
