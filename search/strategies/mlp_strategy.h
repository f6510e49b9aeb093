// The paper's performance model made as good as it can be: an ensemble of
// multi-layer perceptrons with Bayesian last layers, trained as nonlinear least
// squares. A suggestion is a peak of the ensemble's mean or of a random sample
// of its posterior (Thompson sampling), in turn, found by changing one level at
// a time.
//
// Past studies train hidden layers together; what they predict is one more
// feature, and their peaks are tried first.
//
// A suggestion depends on the seed, the sources, the told trials in their order
// and the pending suggestions. The networks are trained at fixed numbers of
// completed trials, each time from their starts; between these, trials enter
// their last layers only, so that a resumed study needs one training.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_MLP_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_MLP_STRATEGY_H_

#include <optional>
#include <span>
#include <vector>

#include "rankadaptor/search/strategy.h"
#include "rankadaptor/surrogate/neural_ensemble.h"

#include "search/feasible_set.h"
#include "search/sampler.h"
#include "search/strategies/structured/free_space.h"

namespace rankadaptor::internal {

class MlpStrategy final : public Strategy {
 public:
  MlpStrategy(const SearchSpace& space, uint64_t seed);

  Status MetaLearn(std::span<const SourceStudy> sources) override;
  Status Observe(std::span<const Trial> trials) override;
  Result<std::vector<Suggestion>> Suggest(int count) override;
  void MarkPending(std::span<const Configuration> configurations) override;
  // Ranked by predicted mean less one standard deviation: tried configurations,
  // and a peak of the mean where it is as certain.
  Result<std::vector<Suggestion>> Recommend(int count) override;

 private:
  bool HasModel() const;
  std::optional<Suggestion> SuggestOne();
  std::optional<Row> NextStart() const;
  std::optional<Suggestion> SuggestRandom();
  void UpdateModel();
  Row ChooseByModel();
  Row UntakenPeak(surrogate::RowFunction function, uint64_t stream_seed) const;
  std::vector<Row> ClimbStarts(uint64_t stream_seed) const;
  std::vector<size_t> BestScoresFirst() const;
  bool Taken(std::span<const int32_t> row) const;
  Suggestion Predicted(const Configuration& configuration) const;
  std::vector<Configuration> RankByModel();

  uint64_t seed_;
  FreeSpace space_;
  Sampler sampler_;
  std::vector<Row> starts_;

  ConfigurationSet taken_;                // told or suggested
  std::vector<Configuration> pending_;    // suggested, not told
  std::vector<Configuration> completed_;  // in the order told
  std::vector<int32_t> rows_;             // of them
  std::vector<double> scores_;            // of them

  std::optional<surrogate::NeuralEnsemble> model_;  // none: nothing to choose
  size_t num_fitted_ = 0;   // trials on which the networks were trained
  size_t num_learned_ = 0;  // trials that the last layers know
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_MLP_STRATEGY_H_
