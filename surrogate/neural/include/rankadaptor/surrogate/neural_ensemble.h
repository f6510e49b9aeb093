// An ensemble of small multi-layer perceptrons (the paper's performance model,
// section 3.2) over rows of level indices, with an uncertainty: the networks
// differ by their random starts, to which they are also anchored, and each has
// an exact Bayesian last layer. Trained as nonlinear least squares (Eq. 5) by
// Levenberg-Marquardt.
//
//   NeuralEnsemble model(dimensions, {.seed = 1});
//   model.MetaLearn(sources);                    // optional
//   model.Fit(rows, scores);
//   RowFunction sample = model.Sample(seed, 1);  // Thompson
//
// Scores may be in any unit; functions and predictions are in standardised
// units, larger is better.
//
// One thread at a time; the same calls give the same results, bit for bit.
#ifndef RANKADAPTOR_SURROGATE_NEURAL_ENSEMBLE_H_
#define RANKADAPTOR_SURROGATE_NEURAL_ENSEMBLE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rankadaptor/surrogate/effect_tables.h"
#include "rankadaptor/surrogate/structured_model.h"

namespace rankadaptor::surrogate {

struct NeuralEnsembleOptions {
  // Everything random derives from this.
  uint64_t seed = 0;

  // Widths of the hidden layers; the paper's setting 1 (section 4.3).
  std::vector<int> hidden_widths = {32, 32, 32};

  int num_networks = 4;

  // Gives last layers the products of two dimensions' levels beside the hidden
  // layers; without them they are the paper's networks.
  bool with_products = true;
};

// Measured rows of one study, in its own units.
struct NeuralSource {
  std::vector<int32_t> rows;   // [num_rows, num_dimensions], row-major
  std::vector<double> scores;  // [num_rows], finite
};

// A function of a row, at a row that changes one level at a time: only the
// first layer's sums follow the change, the rest is computed for all levels of
// a dimension together.
class RowFunction {
 public:
  struct State;
  explicit RowFunction(std::unique_ptr<State> state);
  RowFunction(RowFunction&&) noexcept;
  RowFunction& operator=(RowFunction&&) noexcept;
  ~RowFunction();

  // Before anything else.
  void Start(std::span<const int32_t> row);

  // Writes the function's value for each level of one dimension, the others at
  // their present levels.
  void Values(int dimension, std::span<double> values) const;

  void SetLevel(int dimension, int32_t level);

 private:
  std::unique_ptr<State> state_;
};

class NeuralEnsemble {
 public:
  // At least one dimension.
  NeuralEnsemble(std::vector<Dimension> dimensions,
                 const NeuralEnsembleOptions& options);
  NeuralEnsemble(NeuralEnsemble&&) noexcept;
  NeuralEnsemble& operator=(NeuralEnsemble&&) noexcept;
  ~NeuralEnsemble();

  // Learns hidden layers that the sources share, with an output for each
  // source. Half of the networks start from these layers; what the sources
  // predict is one more feature of every network's last layer, whose weight the
  // study's own scores decide. Before the first Fit(); sources without rows are
  // not allowed.
  void MetaLearn(std::span<const NeuralSource> sources);

  // Replaces all data, [num_rows, num_dimensions] and [num_rows] finite scores,
  // and trains the networks. Of very many rows a part is used.
  void Fit(std::span<const int32_t> rows, std::span<const double> scores);

  // Adds a row to the last layers; the hidden layers stay. Requires Fit().
  void Append(std::span<const int32_t> row, double score);

  // Adds a row that is being measured, with its predicted mean for a score.
  void AppendPending(std::span<const int32_t> row);
  // Forgets all rows that were pending.
  void DropPending();

  Prediction Predict(std::span<const int32_t> row) const;

  // The noise's standard deviation.
  double noise_deviation() const;

  // From standardised units to those of the scores.
  double ToScore(double standardised) const;

  // Functions stay valid while the model lives, until it learns again.
  RowFunction Mean() const;
  // Of one of the networks: its mean plus `spread` times a random deviation of
  // its posterior.
  RowFunction Sample(uint64_t seed, double spread) const;
  // What source `index` predicts; requires MetaLearn().
  RowFunction SourceMean(int index) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_NEURAL_ENSEMBLE_H_
