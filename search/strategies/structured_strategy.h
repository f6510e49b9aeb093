// The engine's own strategy: a structured Gaussian process learns which
// parameters matter, which of them interact and how rugged the rest is; each
// suggestion is a peak of its posterior mean or of a random sample of its
// posterior (Thompson sampling), in turn, found by climbing on tables.
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

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "rankadaptor/search/strategy.h"
#include "rankadaptor/surrogate/structured_model.h"

#include "search/feasible_set.h"
#include "search/sampler.h"
#include "search/strategies/structured/free_space.h"
#include "search/strategies/structured/table_search.h"

namespace rankadaptor::internal {

class StructuredStrategy final : public Strategy {
 public:
  StructuredStrategy(const SearchSpace& space, uint64_t seed);

  Status MetaLearn(std::span<const SourceStudy> sources) override;
  Status Observe(std::span<const Trial> trials) override;
  Result<std::vector<Suggestion>> Suggest(int count) override;
  void MarkPending(std::span<const Configuration> configurations) override;
  // Ranked by posterior mean less one standard deviation: tried configurations,
  // and peaks of the mean where they are as certain.
  Result<std::vector<Suggestion>> Recommend(int count) override;

 private:
  std::optional<Suggestion> SuggestOne();
  std::optional<Row> NextStart() const;
  std::optional<Suggestion> SuggestRandom();
  void UpdateModel();
  Row ChooseByModel();
  Row UntakenPeak(const surrogate::EffectTables& tables, uint64_t stream_seed);
  std::vector<Row> ClimbStarts(uint64_t stream_seed) const;
  bool Taken(std::span<const int32_t> row) const;
  Suggestion Predicted(const Configuration& configuration) const;

  uint64_t seed_;
  FreeSpace space_;
  Sampler sampler_;
  surrogate::EffectStructure structure_;
  std::vector<surrogate::SourceKnowledge> sources_;
  std::vector<Row> starts_;

  ConfigurationSet taken_;                // told or suggested
  std::vector<Configuration> pending_;    // suggested, not told
  std::vector<Configuration> completed_;  // in the order told
  std::vector<int32_t> rows_;             // of them
  std::vector<double> scores_;            // of them

  std::optional<surrogate::StructuredModel> model_;
  size_t num_fitted_ = 0;   // trials from which its variances were learned
  size_t num_learned_ = 0;  // trials that it knows
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_STRATEGY_H_
