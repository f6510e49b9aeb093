// The baseline: random feasible configurations that were not tried.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_RANDOM_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_RANDOM_STRATEGY_H_

#include <span>
#include <vector>

#include "rankadaptor/search/strategy.h"

#include "search/feasible_set.h"
#include "search/sampler.h"

namespace rankadaptor::internal {

class RandomStrategy final : public Strategy {
 public:
  RandomStrategy(const SearchSpace& space, uint64_t seed);

  Status MetaLearn(std::span<const SourceStudy> sources) override;
  Status Observe(std::span<const Trial> trials) override;
  Result<std::vector<Suggestion>> Suggest(int count) override;
  void MarkPending(std::span<const Configuration> configurations) override;
  // The best observed ones.
  Result<std::vector<Suggestion>> Recommend(int count) override;

 private:
  uint64_t seed_;
  Sampler sampler_;
  ConfigurationSet taken_;  // told or suggested
  uint64_t num_told_ = 0;
  std::vector<Trial> complete_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_RANDOM_STRATEGY_H_
