#include "surrogate/structured/variances.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace rankadaptor::surrogate {
namespace {

// Prior shares of the standardised scores' variance. They are wide: e-fold by
// e-fold, two standard deviations are a factor of fifty.
constexpr double kMainShare = 0.5;
constexpr double kCategoryShare = 0.02;
constexpr double kAdjacentShare = 0.1;
constexpr double kCloseShare = 0.05;
constexpr double kAnywhereShare = 0.1;
constexpr double kGlobalShare = 0.1;
constexpr double kResidualShare = 0.2;
constexpr double kSourceShare = 0.5;
constexpr double kNoiseShare = 0.5;
constexpr double kShareDeviation = 2.0;
constexpr double kNoiseDeviation = 1.5;
constexpr double kDimensionDeviation = 0.7;
constexpr double kPairDeviation = 2.0;

// How much more than others pairs of important dimensions interact.
constexpr double kHeredity = 0.7;

constexpr double kMinNoise = 1e-6;

// Logarithm of a variance that is as good as zero, and stays there.
constexpr double kAbsent = -30;
constexpr double kAbsentDeviation = 0.01;

// The three shapes by distance.
struct Shapes {
  double adjacent;
  double close;
  double anywhere;
};

Shapes ShapesOf(DimensionPair pair) {
  const int distance = pair.second - pair.first;
  return {.adjacent = distance == 1 ? 1.0 : 0.0,
          .close = std::exp(-(distance - 1) / 2.0),
          .anywhere = 1.0};
}

std::array<double, kNumShared> SharedMeans(
    int num_dimensions, const std::vector<DimensionPair>& pairs) {
  double adjacent = 1;
  double close = 1;
  double anywhere = 1;
  for (DimensionPair pair : pairs) {
    const Shapes shapes = ShapesOf(pair);
    adjacent += shapes.adjacent;
    close += shapes.close;
    anywhere += shapes.anywhere;
  }
  std::array<double, kNumShared> shares;
  shares[kMain] = kMainShare / num_dimensions;
  shares[kCategory] = kCategoryShare / num_dimensions;
  shares[kAdjacent] = kAdjacentShare / adjacent;
  shares[kClose] = kCloseShare / close;
  shares[kAnywhere] = kAnywhereShare / anywhere;
  shares[kGlobal] = kGlobalShare;
  shares[kResidual] = kResidualShare;
  shares[kSource] = kSourceShare;
  shares[kNoise] = kNoiseShare;
  for (double& share : shares) share = std::log(share);
  return shares;
}

}  // namespace

size_t PairIndex(DimensionPair pair, int num_dimensions) {
  const auto [i, j] = pair;
  return static_cast<size_t>(i) * (2 * num_dimensions - i - 1) / 2 + (j - i) -
         1;
}

VarianceParameters::VarianceParameters(const EffectStructure& structure,
                                       std::vector<DimensionPair> pairs,
                                       const FactorPriors& priors,
                                       const StructuredModelOptions& options)
    : num_dimensions_(static_cast<int>(structure.dimensions.size())),
      pairs_(std::move(pairs)) {
  const auto shared = SharedMeans(num_dimensions_, pairs_);
  means_.assign(shared.begin(), shared.end());
  deviations_.assign(kNumShared, kShareDeviation);
  deviations_[kNoise] = kNoiseDeviation;
  if (!options.with_residual) {
    means_[kResidual] = kAbsent;
    deviations_[kResidual] = kAbsentDeviation;
  }
  for (int i = 0; i < num_dimensions_; ++i) {
    means_.push_back(priors.dimensions.empty() ? 0 : priors.dimensions[i]);
    deviations_.push_back(kDimensionDeviation);
  }
  for (DimensionPair pair : pairs_) {
    means_.push_back(priors.pairs.empty()
                         ? 0
                         : priors.pairs[PairIndex(pair, num_dimensions_)]);
    deviations_.push_back(kPairDeviation);
  }
}

Variances VarianceParameters::ToVariances(
    std::span<const double> parameters) const {
  auto factors = parameters.subspan(kNumShared);
  Variances variances;
  for (int i = 0; i < num_dimensions_; ++i) {
    variances.main.push_back(std::exp(parameters[kMain] + factors[i]));
    variances.category.push_back(std::exp(parameters[kCategory] + factors[i]));
  }
  const double adjacent = std::exp(parameters[kAdjacent]);
  const double close = std::exp(parameters[kClose]);
  const double anywhere = std::exp(parameters[kAnywhere]);
  for (size_t p = 0; p < pairs_.size(); ++p) {
    const auto [i, j] = pairs_[p];
    const Shapes shapes = ShapesOf(pairs_[p]);
    variances.pairs.push_back((shapes.adjacent * adjacent +
                               shapes.close * close +
                               shapes.anywhere * anywhere) *
                              std::exp(factors[num_dimensions_ + p] +
                                       kHeredity * (factors[i] + factors[j])));
  }
  variances.global = std::exp(parameters[kGlobal]);
  variances.residual = std::exp(parameters[kResidual]);
  variances.source = std::exp(parameters[kSource]);
  variances.noise = std::exp(parameters[kNoise]) + kMinNoise;
  return variances;
}

std::vector<double> VarianceParameters::Chain(
    std::span<const double> parameters, const Variances& derivatives) const {
  const Variances variances = ToVariances(parameters);
  std::vector<double> gradient(parameters.size(), 0.0);
  const std::span factors = std::span(gradient).subspan(kNumShared);
  for (int i = 0; i < num_dimensions_; ++i) {
    const double main = derivatives.main[i] * variances.main[i];
    const double category = derivatives.category[i] * variances.category[i];
    gradient[kMain] += main;
    gradient[kCategory] += category;
    factors[i] += main + category;
  }
  const double adjacent = std::exp(parameters[kAdjacent]);
  const double close = std::exp(parameters[kClose]);
  const double anywhere = std::exp(parameters[kAnywhere]);
  for (size_t p = 0; p < pairs_.size(); ++p) {
    const auto [i, j] = pairs_[p];
    const Shapes shapes = ShapesOf(pairs_[p]);
    const double whole = derivatives.pairs[p] * variances.pairs[p];
    const double share =
        whole / (shapes.adjacent * adjacent + shapes.close * close +
                 shapes.anywhere * anywhere);
    gradient[kAdjacent] += share * shapes.adjacent * adjacent;
    gradient[kClose] += share * shapes.close * close;
    gradient[kAnywhere] += share * shapes.anywhere * anywhere;
    factors[num_dimensions_ + p] += whole;
    factors[i] += kHeredity * whole;
    factors[j] += kHeredity * whole;
  }
  gradient[kGlobal] = derivatives.global * variances.global;
  gradient[kResidual] = derivatives.residual * variances.residual;
  gradient[kSource] = derivatives.source * variances.source;
  gradient[kNoise] = derivatives.noise * (variances.noise - kMinNoise);
  return gradient;
}

}  // namespace rankadaptor::surrogate
