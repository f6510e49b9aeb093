// How well parameters of the structured model explain measured scores: the
// negative logarithm of the marginal likelihood (Rasmussen and Williams, eq.
// 2.30) times the parameters' prior density, with its gradient (eq. 5.9); and
// the parameters that minimise it.
//
// Thread-safety: immutable.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_MARGINAL_LIKELIHOOD_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_MARGINAL_LIKELIHOOD_H_

#include <span>
#include <vector>

#include <Eigen/Core>

#include "rankadaptor/surrogate/effect_tables.h"

#include "surrogate/structured/fidelity_relation.h"
#include "surrogate/structured/level_kernels.h"
#include "surrogate/structured/pair_products.h"
#include "surrogate/structured/variances.h"

namespace rankadaptor::surrogate {

// Measured rows with standardised scores.
struct ScoredRows {
  std::vector<int32_t> levels;  // [num_rows, num_dimensions]
  std::vector<double> scores;   // [num_rows]
  Eigen::MatrixXd sources;      // [num_rows, num_sources]
  std::vector<int> fidelities;  // [num_rows], 0: measured in full
};

class MarginalLikelihood {
 public:
  // `parameters` is borrowed and must outlive this.
  MarginalLikelihood(const EffectStructure& structure,
                     const std::vector<LevelKernels>& kernels,
                     const VarianceParameters& parameters,
                     const ScoredRows& data);

  // How the rows' fidelities hang together, if they differ; the default first.
  void SetRelation(const FidelityRelation& relation);
  // The relation under which these parameters explain the scores best.
  FidelityRelation BestRelation(const std::vector<double>& parameters) const;

  int num_parameters() const { return parameters_->size(); }

  // The negative logarithm; `gradient` may be null. False if the covariance
  // matrix is numerically singular.
  bool Evaluate(const double* parameters,
                double* value,
                double* gradient) const;

 private:
  // Entries of the lower triangle, row by row, cut into chunks that fit into
  // the processor's cache together with what is computed from them.
  using Chunk =
      Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  void FillMainCodes(const ScoredRows& data);
  void FillShared(const EffectStructure& structure, const ScoredRows& data);
  void FillPairs(const std::vector<LevelKernels>& kernels);
  PairedValues PairsOf(int dimension, const Chunk& chunk) const;
  Eigen::VectorXd Assemble(const Variances& variances) const;
  // The lower half of the scores' covariance matrix, from what Assemble()
  // gives.
  Eigen::MatrixXd Complete(const Eigen::VectorXd& entries, double noise) const;
  Variances Derivatives(const Eigen::VectorXd& weights,
                        const Variances& variances) const;

  const VarianceParameters* parameters_;
  int num_dimensions_;
  int num_rows_;
  Eigen::Index num_entries_;
  std::vector<int> num_levels_;
  std::vector<Eigen::MatrixXd> mains_;       // [num_dimensions]
  std::vector<Eigen::MatrixXd> categories_;  // [num_dimensions]
  // Which entry of a dimension's level kernel: [num_dimensions][num_entries].
  std::vector<std::vector<uint32_t>> codes_;
  std::vector<Chunk> pairs_;  // [num_chunks], each [num_dimensions, size]
  // The later dimensions that a dimension is paired with, and where its pairs
  // begin in the order of all pairs. [num_dimensions]
  std::vector<std::vector<int>> partners_;
  std::vector<size_t> first_pair_;
  Eigen::VectorXd global_;
  Eigen::VectorXd residual_;
  Eigen::VectorXd source_;
  Eigen::VectorXd scores_;
  std::vector<int> fidelities_;
  bool all_full_;
  Eigen::VectorXd factors_;       // [num_entries], unless all are full
  Eigen::VectorXd offsets_;       // the same
  Eigen::VectorXd noise_ratios_;  // [num_rows]
};

// The best parameters found from `start` in at most `max_iterations` steps of
// L-BFGS; `start` where nothing better is found.
std::vector<double> Minimise(const MarginalLikelihood& likelihood,
                             const std::vector<double>& start,
                             int max_iterations);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_MARGINAL_LIKELIHOOD_H_
