// The engine's own strategy: a structured Gaussian process learns which
// parameters matter, which of them interact and how rugged the rest is; each
// suggestion is a peak of its posterior mean or of a random sample of its
// posterior (Thompson sampling), in turn, found by climbing on tables. Where
// the rugged rest is a large part, it is a promising neighbour of the best
// configuration instead.
//
// Past studies of the same space are learned one by one; what they predict is
// one more effect of the model, whose weight the study's own trials decide, and
// their best configurations are tried first. Those that bring a space of their
// own are learned together in theirs and carried over to this one.
//
// Recommended are tried configurations, and a peak of the mean that was not
// tried where it is as certain.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_STRATEGY_H_

#include <optional>
#include <vector>

#include "rankadaptor/surrogate/structured_model.h"

#include "search/strategies/model_strategy.h"

namespace rankadaptor::internal {

class StructuredStrategy final : public ModelStrategy {
 public:
  // `fidelities` as in Strategy.
  StructuredStrategy(const SearchSpace& space,
                     uint64_t seed,
                     std::vector<double> fidelities = {1});

  Status MetaLearn(std::span<const SourceStudy> sources) override;

 private:
  void Fit(std::span<const int32_t> rows,
           std::span<const double> scores,
           std::span<const int> levels) override;
  void Append(const LevelRow& row, double score) override;
  Row Choose(uint64_t choice_seed) override;
  std::vector<Row> Candidates(int count) override;
  surrogate::Prediction Predict(const Row& row, int level) const override;
  std::vector<double> Means(std::span<const Row> rows) const override;
  std::vector<Row> BestTried(int count) const override;
  double NoiseDeviation(int level) const override;
  double ToScore(double standardised, int level) const override;

  void LearnSource(const SourceStudy& source);
  Status LearnRelated(std::vector<SourceStudy> sources);
  Row SourcePeak(const surrogate::EffectTables& tables) const;
  Row ChooseByTables(uint64_t choice_seed) const;
  Row UntakenPeak(const surrogate::EffectTables& tables, uint64_t seed) const;
  std::vector<Row> BestRows(int count) const;

  SearchSpace search_space_;
  surrogate::EffectStructure structure_;
  std::vector<surrogate::SourceKnowledge> sources_;
  std::optional<surrogate::StructuredModel> model_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_STRATEGY_H_
