// The paper's performance model made as good as it can be: an ensemble of
// multi-layer perceptrons with Bayesian last layers, trained as nonlinear least
// squares. A suggestion is a peak of the ensemble's mean or of a random sample
// of its posterior (Thompson sampling), in turn, found by changing one level at
// a time.
//
// Past studies train hidden layers together; what they predict is one more
// feature, and their peaks are tried first.
//
// Recommended are tried configurations, and a peak of the mean where it is as
// certain.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_MLP_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_MLP_STRATEGY_H_

#include <optional>
#include <vector>

#include "rankadaptor/surrogate/neural_ensemble.h"

#include "search/strategies/model_strategy.h"

namespace rankadaptor::internal {

class MlpStrategy final : public ModelStrategy {
 public:
  MlpStrategy(const SearchSpace& space, uint64_t seed);

  Status MetaLearn(std::span<const SourceStudy> given) override;

 private:
  void Fit(std::span<const int32_t> rows,
           std::span<const double> scores,
           std::span<const int> levels) override;
  void Append(const LevelRow& row, double score) override;
  Row Choose(uint64_t choice_seed) override;
  std::vector<Row> Candidates(int count) override;
  surrogate::Prediction Predict(const Row& row, int level) const override;
  std::vector<Row> BestTried(int count) const override;
  double NoiseDeviation(int level) const override;
  double ToScore(double standardised, int level) const override;

  Row UntakenPeak(surrogate::RowFunction function, uint64_t seed) const;

  SearchSpace search_space_;
  std::optional<surrogate::NeuralEnsemble> model_;  // none: nothing to choose
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_MLP_STRATEGY_H_
