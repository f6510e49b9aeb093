// A Gaussian process whose prior is a sum of effects that a space of
// per-dimension choices is expected to have: a constant, one effect per
// dimension, one per pair of dimensions, an effect of the sum of all levels, a
// rugged residual that only near rows share, what past studies say, and noise.
// How much each of them matters, which dimensions matter, and which pairs
// interact, is learned by maximising the marginal likelihood (type-II maximum a
// posteriori).
//
// Rows may be measured in full or short, at levels of fidelity that the model
// learns to rely upon as far as they deserve; whatever it says is of full
// measurements unless a level is named.
//
// Its mean and its random samples (Thompson) come as EffectTables. Scores may
// be in any unit; tables and predictions are in standardised units, larger is
// better.
//
// One thread at a time; the same calls give the same results, bit for bit.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_MODEL_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_MODEL_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rankadaptor/surrogate/effect_tables.h"

namespace rankadaptor::surrogate {

struct StructuredModelOptions {
  // Without the residual, tables alone say everything: what a source needs.
  bool with_residual = true;
};

// What a past study taught, in its own standardised units.
struct SourceKnowledge {
  EffectTables mean;
  // Logarithms of how much more than others a dimension or pair matters there.
  std::vector<double> dimension_factors;  // [num_dimensions]
  std::vector<double> pair_factors;       // [all pairs (0,1), (0,2), ...]
};

struct Prediction {
  double mean = 0;
  double deviation = 0;  // of the function, noise not counted
};

// Shares of the standardised scores' variance.
struct VarianceShares {
  double signal = 0;    // everything but noise
  double residual = 0;  // part of the signal
  double noise = 0;
};

class StructuredModel {
 public:
  // `structure` is borrowed and must outlive the model.
  explicit StructuredModel(const EffectStructure& structure,
                           StructuredModelOptions options = {});
  StructuredModel(StructuredModel&&) noexcept;
  StructuredModel& operator=(StructuredModel&&) noexcept;
  ~StructuredModel();

  // What past studies taught; before the first Fit().
  void SetSources(std::vector<SourceKnowledge> sources);

  // Replaces all data, [num_rows, num_dimensions] and [num_rows] finite scores,
  // and learns scale and variances from them. `fidelities` are [num_rows]
  // levels, 0 in full, 1, 2, ... shorter and shorter; empty: all in full. Of
  // very many rows a part is used: the latest, the best, and an even selection
  // of the others.
  void Fit(std::span<const int32_t> rows,
           std::span<const double> scores,
           std::span<const int> fidelities = {});

  // Adds a row; scale and variances stay. Requires Fit().
  void Append(std::span<const int32_t> row, double score, int fidelity = 0);

  // Adds a row that is being measured, with its predicted mean for a score.
  void AppendPending(std::span<const int32_t> row, int fidelity = 0);

  // Drops the rows added last.
  void Truncate(int num_rows);

  int num_rows() const;
  // Valid until the rows change.
  std::span<const int32_t> row(int index) const;

  // Indices of up to `count` rows, different ones, by their posterior mean in
  // full, the best first.
  std::vector<int> BestRows(int count) const;

  // Valid until the rows change.
  const EffectTables& MeanTables() const;

  // Mean plus `spread` times (random sample of the posterior minus mean).
  EffectTables SampleTables(uint64_t seed, double spread) const;

  // What a measurement of this fidelity would be, but for its noise.
  Prediction Predict(std::span<const int32_t> row, int fidelity = 0) const;
  // Of a prediction; cheaper where the mean is known from the tables.
  double Deviation(std::span<const int32_t> row, int fidelity = 0) const;
  // Of one measurement, standardised.
  double NoiseVariance(int fidelity) const;

  // From standardised units to those of the scores of a fidelity.
  double ToScore(double standardised, int fidelity = 0) const;

  VarianceShares shares() const;
  // How well a short measurement of the first level below full correlates with
  // a full one, noise apart; learned by Fit().
  double FidelityCorrelation() const;

  // What this study taught, for later ones.
  SourceKnowledge Knowledge() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Rows of one study with their scores, in its own units.
struct StudyRows {
  std::vector<int32_t> rows;   // [num_rows, num_dimensions]
  std::vector<double> scores;  // [num_rows], finite
};

// What studies of one structure teach as if they were one, each brought to the
// same scale first: more than their mean where they are alike and short.
// Requires rows.
SourceKnowledge LearnTogether(const EffectStructure& structure,
                              std::span<const StudyRows> studies);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_MODEL_H_
