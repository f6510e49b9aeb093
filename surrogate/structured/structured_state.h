// What a StructuredModel knows, and the sums that it is made of.
//
// One thread at a time.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_STRUCTURED_STATE_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_STRUCTURED_STATE_H_

#include <optional>
#include <span>
#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/surrogate/structured_model.h"

#include "surrogate/structured/covariance.h"
#include "surrogate/structured/fidelity_relation.h"
#include "surrogate/structured/growing_cholesky.h"
#include "surrogate/structured/score_scale.h"
#include "surrogate/structured/variances.h"

namespace rankadaptor::surrogate {

// A row beside those that the model has.
struct RowBeside {
  std::vector<int32_t> row;
  int fidelity = 0;
  std::vector<double> residuals;    // correlations, [num_rows]
  std::vector<double> covariances;  // [num_rows]
  std::vector<double> solved;       // L^-1 covariances
  double variance = 0;              // of its own, without noise
};

struct StructuredModel::State {
  explicit State(const EffectStructure& s, StructuredModelOptions o)
      : structure(s), options(o), kernels(MakeAllLevelKernels(s)) {}

  size_t num_dimensions() const { return structure.dimensions.size(); }
  std::span<const int32_t> row(size_t r) const {
    return std::span(rows).subspan(r * num_dimensions(), num_dimensions());
  }
  std::span<const double> sources_of(size_t r) const {
    return std::span(source_values).subspan(r * sources.size(), sources.size());
  }

  std::vector<double> SourceValues(std::span<const int32_t> x) const;
  void StoreRow(std::span<const int32_t> x, double standardised, int fidelity);
  void SetScale(std::span<const double> scores,
                std::span<const int> fidelities);
  double Standardise(double score, int fidelity) const;
  void LearnVariances();
  void Factor();
  // Of what is measured, without noise.
  double CovarianceOf(double between, int fidelity_a, int fidelity_b) const;
  // What was asked for last is kept: a row is first predicted, then told.
  const RowBeside& SetBeside(std::span<const int32_t> x, int fidelity) const;
  std::vector<double> Covariances(std::span<const int32_t> x,
                                  std::span<const double> x_sources,
                                  int fidelity,
                                  std::span<const double> residuals) const;
  void Append(std::span<const int32_t> x, double standardised, int fidelity);
  void Truncate(int num_rows);
  void ForgetPosterior();
  const std::vector<double>& MeanWeights() const;
  const EffectTables& MeanTables() const;
  std::vector<double> MeansAtRows() const;
  // A function of the prior with its residual at the rows.
  struct PriorSample {
    EffectTables tables;
    std::vector<double> residual;  // [num_rows]
  };
  PriorSample SamplePrior(RandomStream& stream) const;
  std::vector<double> AtRows(const PriorSample& full,
                             RandomStream& stream) const;
  void AddSourceTables(std::span<const double> weights,
                       EffectTables& tables) const;
  EffectTables Compile(std::vector<double> weights, EffectTables base) const;

  const EffectStructure& structure;
  StructuredModelOptions options;
  std::vector<LevelKernels> kernels;
  std::vector<SourceKnowledge> sources;
  FactorPriors priors;

  ScoreScale scale;
  std::vector<int32_t> rows;          // [num_rows, num_dimensions]
  std::vector<double> scores;         // [num_rows], standardised
  std::vector<double> source_values;  // [num_rows, num_sources]
  std::vector<int> fidelities;        // [num_rows]
  std::vector<double> shifts;  // of scores, by fidelity, 0 first; may be short
  FidelityRelation relation;
  std::optional<VarianceParameters> parameters;
  std::vector<double> learned;  // [parameters->size()]
  std::optional<Covariance> covariance;
  GrowingCholesky factor;           // of the rows' covariance with noise
  GrowingCholesky residual_factor;  // of their residual correlation

  // What follows from the above, as far as it was needed.
  mutable std::vector<double> projected;  // L^-1 scores, of the first rows
  mutable std::optional<std::vector<double>> mean_weights;
  mutable std::optional<EffectTables> mean_tables;
  mutable std::optional<RowBeside> beside;
};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_STRUCTURED_STATE_H_
