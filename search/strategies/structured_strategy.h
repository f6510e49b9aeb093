// The engine's own strategy: a structured Gaussian process learns which
// parameters matter, which of them interact and how rugged the rest is; each
// suggestion is a peak of its posterior mean or of a random sample of its
// posterior (Thompson sampling), in turn, found by climbing on tables. Where
// the rugged rest is a large part, it is a promising neighbour of the best
// configuration instead.
//
// Past studies of the same space are learned one by one; what they predict is
// one more effect of the model, whose weight the study's own trials decide, and
// their best configurations are tried first.
//
// A suggestion depends on the seed, the sources, the told trials in their order
// and the pending suggestions. The model's variances are learned again at fixed
// numbers of completed trials, from the trials up to there, so that a resumed
// study needs one such fit only.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_STRATEGY_H_

#include <optional>
#include <span>
#include <vector>

#include "rankadaptor/search/strategy.h"
#include "rankadaptor/surrogate/structured_model.h"

#include "search/feasible_set.h"
#include "search/sampler.h"
#include "search/strategies/structured/free_space.h"
#include "search/strategies/structured/row_chooser.h"

namespace rankadaptor::internal {

class StructuredStrategy final : public Strategy {
 public:
  StructuredStrategy(const SearchSpace& space, uint64_t seed);
  // Its parts refer to each other.
  StructuredStrategy(const StructuredStrategy&) = delete;
  StructuredStrategy& operator=(const StructuredStrategy&) = delete;

  Status MetaLearn(std::span<const SourceStudy> sources) override;
  Status Observe(std::span<const Trial> trials) override;
  Result<std::vector<Suggestion>> Suggest(int count) override;
  void MarkPending(std::span<const Configuration> configurations) override;
  // Ranked by posterior mean less one standard deviation: tried configurations,
  // and a peak of the mean that was not tried.
  Result<std::vector<Suggestion>> Recommend(int count) override;

 private:
  std::optional<Suggestion> SuggestOne();
  std::optional<Row> NextStart() const;
  std::optional<Suggestion> SuggestRandom() const;
  void LearnSource(const SourceStudy& source);
  size_t MinCompleted() const;
  bool HasEnoughForModel() const;
  void UpdateModel();
  Row ChooseByModel();
  std::vector<Configuration> BestObserved() const;
  std::vector<Configuration> BestPredicted(int count);
  Suggestion Predicted(const Configuration& configuration) const;

  uint64_t seed_;
  FreeSpace space_;
  Sampler sampler_;
  surrogate::EffectStructure structure_;
  std::vector<surrogate::SourceKnowledge> sources_;
  std::vector<Row> starts_;

  ConfigurationSet taken_;              // told or suggested
  std::vector<Configuration> pending_;  // suggested, not told
  std::vector<int32_t> rows_;           // of completed trials, as told
  std::vector<double> scores_;          // of them
  RowChooser chooser_;

  std::optional<surrogate::StructuredModel> model_;
  size_t num_fitted_ = 0;   // trials from which its variances were learned
  size_t num_learned_ = 0;  // trials that it knows
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_STRATEGY_H_
