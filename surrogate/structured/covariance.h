// The structured model's prior covariance of two rows, for given variances.
//
// Thread-safety: immutable.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_COVARIANCE_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_COVARIANCE_H_

#include <span>
#include <vector>

#include <Eigen/Core>

#include "rankadaptor/surrogate/effect_tables.h"

#include "surrogate/structured/level_kernels.h"
#include "surrogate/structured/variances.h"

namespace rankadaptor::surrogate {

// Variance of the constant, in units of the standardised scores' variance.
inline constexpr double kConstantVariance = 1.0;

// The length over which the global effect is smooth, in steps of the sum.
double GlobalLength(const EffectStructure& structure);

// The covariance of the global effect by the difference of two sums; its
// variance is 1. [num_global_sums]
std::vector<double> GlobalCovariance(const EffectStructure& structure);

std::vector<LevelKernels> MakeAllLevelKernels(const EffectStructure& structure);

class Covariance {
 public:
  // An interaction that is not negligible.
  struct Pair {
    int first = 0;
    int second = 0;
    double variance = 0;
  };

  // The first two are borrowed and must outlive this.
  Covariance(const EffectStructure& structure,
             const std::vector<LevelKernels>& kernels,
             const std::vector<DimensionPair>& pairs,
             Variances variances);

  const EffectStructure& structure() const { return *structure_; }
  const LevelKernels& kernels(int dimension) const {
    return (*kernels_)[dimension];
  }
  const Variances& variances() const { return variances_; }
  const std::vector<Pair>& pairs() const { return pairs_; }
  // Prior covariance of the main effect of a dimension.
  const Eigen::MatrixXd& main(int dimension) const { return mains_[dimension]; }
  const std::vector<double>& global() const { return global_; }

  // Without noise. Source features are [num_sources] each.
  double Between(std::span<const int32_t> a,
                 std::span<const int32_t> b,
                 std::span<const double> sources_a,
                 std::span<const double> sources_b) const;

  // The same for many rows [num_rows, num_dimensions] at once, bit for bit;
  // `residuals` are their residual correlations with `a`, `sources` are
  // [num_rows, num_sources].
  std::vector<double> WithRows(std::span<const int32_t> a,
                               std::span<const int32_t> rows,
                               std::span<const double> residuals,
                               std::span<const double> sources_a,
                               std::span<const double> sources) const;

  // Mean over the space of the prior variance of the function without the
  // constant: what the components sum up to.
  double SignalVariance() const;

 private:
  // A dimension and the later ones that it interacts with.
  struct Paired {
    int dimension = 0;
    std::vector<int> partners;
    std::vector<double> variances;
  };

  void AddPairs(std::span<const int32_t> a,
                std::span<const int32_t> rows,
                std::span<double> sums) const;

  const EffectStructure* structure_;
  const std::vector<LevelKernels>* kernels_;
  Variances variances_;
  std::vector<Pair> pairs_;
  std::vector<Paired> paired_;
  std::vector<Eigen::MatrixXd> mains_;
  std::vector<double> global_;
};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_COVARIANCE_H_
