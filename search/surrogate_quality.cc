#include "search/surrogate_quality.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

namespace rankadaptor::internal {
namespace {

// Errors of any size: halved, so that differences do not overflow, and squared
// as shares of the largest.
double RootMeanSquare(const std::vector<double>& half_errors) {
  double largest = 0;
  for (double error : half_errors) largest = std::max(largest, std::abs(error));
  if (largest == 0) return 0;
  double squares = 0;
  for (double error : half_errors) {
    squares += (error / largest) * (error / largest);
  }
  return 2 * largest *
         std::sqrt(squares / static_cast<double>(half_errors.size()));
}

// Ranks around 0; equal values share the mean of their ranks.
std::vector<double> CentredRanks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  const double middle = (static_cast<double>(values.size()) - 1) / 2;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) {
      ++end;
    }
    const double shared = static_cast<double>(begin + end - 1) / 2;
    for (; begin < end; ++begin) ranks[order[begin]] = shared - middle;
  }
  return ranks;
}

// Spearman's; nothing if either has one value only.
std::optional<double> RankCorrelation(const std::vector<double>& a,
                                      const std::vector<double>& b) {
  const std::vector<double> ranks_a = CentredRanks(a);
  const std::vector<double> ranks_b = CentredRanks(b);
  auto product = [](const auto& x, const auto& y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
  };
  const double spread = product(ranks_a, ranks_a) * product(ranks_b, ranks_b);
  if (spread == 0) return std::nullopt;
  return product(ranks_a, ranks_b) / std::sqrt(spread);
}

}  // namespace

SurrogateQuality MeasureSurrogate(const std::map<int64_t, Trial>& trials) {
  std::vector<double> predicted;
  std::vector<double> observed;
  std::vector<double> half_errors;
  SurrogateQuality quality;
  int num_within = 0;
  for (const auto& [id, trial] : trials) {
    if (trial.purpose != TrialPurpose::kSearch || !trial.predicted ||
        trial.state != TrialState::kComplete) {
      continue;
    }
    predicted.push_back(*trial.predicted);
    observed.push_back(trial.measurement.objective);
    half_errors.push_back(predicted.back() / 2 - observed.back() / 2);
    if (!trial.deviation) continue;
    ++quality.num_with_deviation;
    if (std::abs(half_errors.back()) <= *trial.deviation / 2) ++num_within;
  }
  quality.num_predictions = static_cast<int>(predicted.size());
  if (predicted.empty()) return quality;
  quality.root_mean_square_error = RootMeanSquare(half_errors);
  quality.rank_correlation = RankCorrelation(predicted, observed);
  if (quality.num_with_deviation > 0) {
    quality.share_within_deviation =
        static_cast<double>(num_within) / quality.num_with_deviation;
  }
  return quality;
}

}  // namespace rankadaptor::internal
