#include "surrogate/structured/covariance.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "surrogate/structured/pair_products.h"

namespace rankadaptor::surrogate {
namespace {

// Of the range of the global sum: its effect is smooth over this length.
constexpr double kGlobalLength = 0.08;

// Rows at a time, so that their pair kernels stay in the processor's cache.
constexpr size_t kRowBlock = 128;

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
    const auto [first, second] = pairs[p];
    pairs_.push_back({first, second, variances_.pairs[p]});
    if (paired_.empty() || paired_.back().dimension != first) {
      paired_.push_back({.dimension = first, .partners = {}, .variances = {}});
    }
    paired_.back().partners.push_back(second);
    paired_.back().variances.push_back(variances_.pairs[p]);
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

// The same sums in the same order as Between(), for all rows side by side.
std::vector<double> Covariance::WithRows(
    std::span<const int32_t> a,
    std::span<const int32_t> rows,
    std::span<const double> residuals,
    std::span<const double> sources_a,
    std::span<const double> sources) const {
  const size_t d = a.size();
  const size_t num_sources = sources_a.size();
  const int global_sum = GlobalSum(*structure_, a);
  std::vector<double> sums(residuals.size());
  for (size_t r = 0; r < sums.size(); ++r) {
    const auto row = rows.subspan(r * d, d);
    sums[r] = kConstantVariance +
              global_[std::abs(global_sum - GlobalSum(*structure_, row))] +
              variances_.residual * residuals[r];
    for (size_t i = 0; i < d; ++i) sums[r] += mains_[i](a[i], row[i]);
  }
  for (size_t r = 0; r < sums.size(); r += kRowBlock) {
    const size_t size = std::min(kRowBlock, sums.size() - r);
    AddPairs(
        a, rows.subspan(r * d, size * d), std::span(sums).subspan(r, size));
  }
  for (size_t r = 0; r < sums.size(); ++r) {
    for (size_t t = 0; t < num_sources; ++t) {
      sums[r] +=
          variances_.source * sources_a[t] * sources[r * num_sources + t];
    }
  }
  return sums;
}

void Covariance::AddPairs(std::span<const int32_t> a,
                          std::span<const int32_t> rows,
                          std::span<double> sums) const {
  if (paired_.empty()) return;
  const size_t d = a.size();
  const size_t n = sums.size();
  std::vector<double> values(d * n);  // [num_dimensions, num_rows]
  for (size_t i = 0; i < d; ++i) {
    const Eigen::MatrixXd& kernel = (*kernels_)[i].pair;
    for (size_t r = 0; r < n; ++r) {
      values[i * n + r] = kernel(a[i], rows[r * d + i]);
    }
  }
  for (const Paired& paired : paired_) {
    AddPairsOneByOne({.values = values.data(),
                      .num_entries = n,
                      .dimension = paired.dimension,
                      .partners = paired.partners},
                     paired.variances.data(),
                     sums.data());
  }
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
