// The baseline: random feasible configurations that were not tried.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_RANDOM_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_RANDOM_STRATEGY_H_

#include <span>
#include <vector>

#include "rankadaptor/search/strategy.h"

#include "search/sampler.h"
#include "search/strategies/trial_history.h"

namespace rankadaptor::internal {

class RandomStrategy final : public Strategy {
 public:
  RandomStrategy(const SearchSpace& space, uint64_t seed);

  Status MetaLearn(std::span<const SourceStudy> sources) override;
  Status Observe(std::span<const Trial> trials) override;
  Result<std::vector<Suggestion>> Suggest(int count) override;
  void MarkPending(std::span<const Suggestion> pending) override;
  // The best observed ones.
  Result<std::vector<Suggestion>> Recommend(int count) override;

 private:
  uint64_t seed_;
  Sampler sampler_;
  TrialHistory history_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_RANDOM_STRATEGY_H_
