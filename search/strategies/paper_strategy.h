// The search as the paper prints it (section 3.3): a performance model,
// meta-learned offline, predicts many random candidates; the best unseen one is
// tried and its result updates the model. The recommendation is the best of a
// larger pool.
//
// Until enough trials have completed there is nothing to predict from, and
// suggestions are random.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_PAPER_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_PAPER_STRATEGY_H_

#include <memory>
#include <span>
#include <vector>

#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/strategy_factory.h"

#include "search/candidate_search.h"
#include "search/feasible_set.h"

namespace rankadaptor::internal {

class PaperStrategy final : public Strategy {
 public:
  static Result<std::unique_ptr<Strategy>> Create(
      const SearchSpace& space, const StrategyOptions& options);

  Status MetaLearn(std::span<const SourceStudy> given) override;
  Status Observe(std::span<const Trial> trials) override;
  Result<std::vector<Suggestion>> Suggest(int count) override;
  void MarkPending(std::span<const Suggestion> pending) override;
  Result<std::vector<Suggestion>> Recommend(int count) override;
  Result<std::vector<double>> PredictMeans(
      std::span<const Configuration> configurations) override;

 private:
  PaperStrategy(CandidateSearch candidates, const StrategyOptions& options);

  surrogate::Samples Encode(std::span<const Configuration> configurations,
                            std::span<const double> values) const;
  std::vector<Suggestion> SuggestRandom(int count);

  StrategyOptions options_;
  CandidateSearch candidates_;
  std::unique_ptr<surrogate::PerformanceModel> model_;
  ConfigurationSet taken_;     // told or suggested
  ConfigurationSet complete_;  // measured
  uint64_t num_told_ = 0;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_PAPER_STRATEGY_H_
