// The baseline without a search: the budget is spread over the parameters in
// proportion to given weights (a layer's importance, or how much of it was
// pruned). That configuration is the first suggestion; whoever wants more gets
// random ones.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_PROPORTIONAL_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_PROPORTIONAL_STRATEGY_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/strategy_factory.h"

#include "search/strategies/random_strategy.h"

namespace rankadaptor::internal {

// Choices about proportional to the weights: from the lowest choices on, the
// parameter whose next choice is the least for its weight is raised as long as
// the budget allows (the method of highest averages). Without a budget, the
// average parameter ends in the middle of its scale. Choices are counted from
// the lowest where that is negative. `weights` has a number for each parameter;
// one of weight 0 or without an order is never raised.
Configuration ProportionalConfiguration(const SearchSpace& space,
                                        std::span<const double> weights);

class ProportionalStrategy final : public Strategy {
 public:
  // kInvalidArgument if `options` has weights, but not one for each parameter,
  // or one is negative or not finite, or none is positive.
  static Result<std::unique_ptr<Strategy>> Create(
      const SearchSpace& space, const StrategyOptions& options);

  Status MetaLearn(std::span<const SourceStudy> sources) override;
  Status Observe(std::span<const Trial> trials) override;
  Result<std::vector<Suggestion>> Suggest(int count) override;
  void MarkPending(std::span<const Suggestion> pending) override;
  // The best observed ones.
  Result<std::vector<Suggestion>> Recommend(int count) override;

 private:
  ProportionalStrategy(const SearchSpace& space,
                       Configuration first,
                       uint64_t seed);

  Configuration first_;
  bool first_taken_ = false;
  RandomStrategy others_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_PROPORTIONAL_STRATEGY_H_
