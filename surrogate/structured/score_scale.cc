#include "surrogate/structured/score_scale.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace rankadaptor::surrogate {
namespace {

// Standardised scores are linear between these.
constexpr double kLow = -4;
constexpr double kHigh = 8;

// With at least this many scores, the outermost twentieth at each end does not
// take part in the scale.
constexpr size_t kMinToTrim = 8;

struct Moments {
  double mean = 0;
  double deviation = 0;
};

// Of numbers in [-1, 1].
Moments MomentsOf(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  Moments moments;
  for (double value : values) moments.mean += value / n;
  for (double value : values) {
    moments.deviation += (value - moments.mean) * (value - moments.mean) / n;
  }
  moments.deviation = std::sqrt(moments.deviation);
  return moments;
}

}  // namespace

ScoreScale::ScoreScale(std::span<const double> scores) {
  double largest = 0;
  for (double score : scores) largest = std::max(largest, std::abs(score));
  if (largest == 0) return;
  std::vector<double> sorted;
  for (double score : scores) sorted.push_back(score / largest);
  std::ranges::sort(sorted);
  Moments moments = MomentsOf(sorted);
  if (sorted.size() >= kMinToTrim) {
    const size_t trimmed = sorted.size() / 20 + 1;
    const Moments bulk = MomentsOf(
        std::span(sorted).subspan(trimmed, sorted.size() - 2 * trimmed));
    if (bulk.deviation > 0) moments = bulk;
  }
  half_centre_ = moments.mean * (largest / 2);
  // Rounding errors of equal scores are no spread.
  if (moments.deviation > 1e-14) {
    half_scale_ = std::max(moments.deviation * (largest / 2),
                           std::numeric_limits<double>::min());
  } else {
    half_scale_ = largest / 2;
  }
}

double ScoreScale::Standardise(double score) const {
  const double z = (score / 2 - half_centre_) / half_scale_;
  if (z < kLow) return kLow - std::log1p(kLow - z);
  if (z > kHigh) return kHigh + std::log1p(z - kHigh);
  return z;
}

double ScoreScale::Restore(double standardised) const {
  double z = standardised;
  if (z < kLow) z = kLow - std::expm1(kLow - z);
  if (z > kHigh) z = kHigh + std::expm1(z - kHigh);
  const double most = std::numeric_limits<double>::max();
  return std::clamp((half_centre_ + half_scale_ * z) * 2, -most, most);
}

}  // namespace rankadaptor::surrogate
