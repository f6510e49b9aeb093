// Hill climbing with restarts: from a random start, neighbours that differ in
// one parameter are tried in random order; the first better one is climbed
// from. Where all were tried without success, it starts anew.
//
// Where constraints are so tight that no single change keeps them, neighbours
// differ in two parameters, and it starts anew after as many failures as there
// are parameters.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_LOCAL_SEARCH_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_LOCAL_SEARCH_STRATEGY_H_

#include <optional>
#include <vector>

#include "search/strategies/sequential_strategy.h"

namespace rankadaptor::internal {

class LocalSearchStrategy final : public SequentialStrategy {
 public:
  LocalSearchStrategy(const SearchSpace& space, uint64_t seed)
      : SequentialStrategy(space, seed) {}

 private:
  std::optional<Configuration> Choose(RandomStream& stream) override;
  void Learn(const Trial& trial) override;

  std::optional<Configuration> ChangeTwo(RandomStream& stream) const;
  bool AtPeak() const;

  // Where the climb stands; empty until its start was measured.
  std::optional<TrialHistory::Completed> summit_;
  std::vector<Configuration> neighbours_;  // of the summit
  int num_failures_ = 0;                   // since the last step up
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_LOCAL_SEARCH_STRATEGY_H_
