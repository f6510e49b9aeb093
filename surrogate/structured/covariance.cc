#include "surrogate/structured/covariance.h"

#include <cmath>
#include <numeric>
#include <utility>

namespace rankadaptor::surrogate {
namespace {

// Of the range of the global sum: its effect is smooth over this length.
constexpr double kGlobalLength = 0.08;

// Pairs that hold less than this share of the scores' variance are left out.
constexpr double kNegligible = 1e-6;

}  // namespace

double GlobalLength(const EffectStructure& structure) {
  return kGlobalLength * structure.num_global_sums;
}

std::vector<double> GlobalCovariance(const EffectStructure& structure) {
  std::vector<double> covariance(structure.num_global_sums);
  const double length = GlobalLength(structure);
  for (size_t s = 0; s < covariance.size(); ++s) {
    const double distance = static_cast<double>(s) / length;
    covariance[s] = std::exp(-distance * distance / 2);
  }
  return covariance;
}

std::vector<LevelKernels> MakeAllLevelKernels(
    const EffectStructure& structure) {
  std::vector<LevelKernels> kernels;
  for (const Dimension& dimension : structure.dimensions) {
    kernels.push_back(MakeLevelKernels(dimension));
  }
  return kernels;
}

Covariance::Covariance(const EffectStructure& structure,
                       const std::vector<LevelKernels>& kernels,
                       const std::vector<DimensionPair>& pairs,
                       Variances variances)
    : structure_(&structure),
      kernels_(&kernels),
      variances_(std::move(variances)),
      global_(GlobalCovariance(structure)) {
  for (size_t i = 0; i < kernels.size(); ++i) {
    mains_.push_back(variances_.main[i] * kernels[i].main +
                     variances_.category[i] * kernels[i].category);
  }
  for (size_t p = 0; p < pairs.size(); ++p) {
    if (variances_.pairs[p] < kNegligible) continue;
    pairs_.push_back({pairs[p].first, pairs[p].second, variances_.pairs[p]});
  }
  for (double& value : global_) value *= variances_.global;
}

double Covariance::Between(std::span<const int32_t> a,
                           std::span<const int32_t> b,
                           std::span<const double> sources_a,
                           std::span<const double> sources_b) const {
  const size_t difference =
      std::abs(GlobalSum(*structure_, a) - GlobalSum(*structure_, b));
  double sum = kConstantVariance + global_[difference] +
               variances_.residual * ResidualCorrelation(*structure_, a, b);
  for (size_t i = 0; i < a.size(); ++i) sum += mains_[i](a[i], b[i]);
  for (const Pair& pair : pairs_) {
    const int i = pair.first;
    const int j = pair.second;
    sum += pair.variance * (*kernels_)[i].pair(a[i], b[i]) *
           (*kernels_)[j].pair(a[j], b[j]);
  }
  for (size_t t = 0; t < sources_a.size(); ++t) {
    sum += variances_.source * sources_a[t] * sources_b[t];
  }
  return sum;
}

double Covariance::SignalVariance() const {
  double sum = variances_.global + variances_.residual;
  for (size_t i = 0; i < mains_.size(); ++i) {
    sum += mains_[i].diagonal().mean();
  }
  for (const Pair& pair : pairs_) sum += pair.variance;
  return sum;
}

}  // namespace rankadaptor::surrogate
