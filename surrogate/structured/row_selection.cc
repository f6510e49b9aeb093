#include "surrogate/structured/row_selection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <Eigen/Core>

namespace rankadaptor::surrogate {
namespace {

using Eigen::MatrixXd;

constexpr int kMaxPairs = 700;

// One number per row and dimension by which levels go along with the scores:
// the level of an ordinal dimension, the mean score of a level else.
// Standardised over the rows. [num_rows, num_dimensions]
MatrixXd LevelFeatures(const EffectStructure& structure,
                       std::span<const int32_t> rows,
                       std::span<const double> scores) {
  const auto d = static_cast<Eigen::Index>(structure.dimensions.size());
  const auto n = static_cast<Eigen::Index>(scores.size());
  MatrixXd features(n, d);
  for (Eigen::Index i = 0; i < d; ++i) {
    const Dimension& dimension = structure.dimensions[i];
    std::vector<double> sums(dimension.num_levels, 0.0);
    std::vector<double> counts(dimension.num_levels, 1.0);
    for (Eigen::Index r = 0; r < n; ++r) {
      sums[rows[r * d + i]] += scores[r];
      ++counts[rows[r * d + i]];
    }
    for (Eigen::Index r = 0; r < n; ++r) {
      const int32_t level = rows[r * d + i];
      features(r, i) = dimension.ordinal ? level : sums[level] / counts[level];
    }
    features.col(i).array() -= features.col(i).mean();
    const double norm = features.col(i).norm();
    if (norm > 0) features.col(i) /= norm;
  }
  return features;
}

}  // namespace

std::vector<int> SelectEvenly(int num_rows, int count) {
  std::vector<int> selected;
  for (int64_t k = 0; k < std::min(num_rows, count); ++k) {
    selected.push_back(
        static_cast<int>(k * num_rows / std::min(num_rows, count)));
  }
  return selected;
}

std::vector<int> SelectRows(std::span<const double> scores, int count) {
  const int n = static_cast<int>(scores.size());
  if (n <= count) return SelectEvenly(n, n);
  const int num_latest = count * 2 / 5;
  const int num_best = count * 3 / 10;
  std::vector<int> earlier(n - num_latest);
  std::iota(earlier.begin(), earlier.end(), 0);
  std::ranges::stable_sort(
      earlier, std::greater<>(), [&](int r) { return scores[r]; });
  std::vector<int> selected(earlier.begin(), earlier.begin() + num_best);
  std::vector<int> rest(earlier.begin() + num_best, earlier.end());
  std::ranges::sort(rest);
  for (int k : SelectEvenly(static_cast<int>(rest.size()),
                            count - num_latest - num_best)) {
    selected.push_back(rest[k]);
  }
  for (int r = n - num_latest; r < n; ++r) selected.push_back(r);
  std::ranges::sort(selected);
  return selected;
}

std::vector<DimensionPair> SelectPairs(const EffectStructure& structure,
                                       std::span<const int32_t> rows,
                                       std::span<const double> scores) {
  const int d = static_cast<int>(structure.dimensions.size());
  std::vector<DimensionPair> pairs;
  for (int i = 0; i < d; ++i) {
    for (int j = i + 1; j < d; ++j) pairs.emplace_back(i, j);
  }
  if (pairs.size() <= kMaxPairs) return pairs;
  const MatrixXd features = LevelFeatures(structure, rows, scores);
  const Eigen::Map<const Eigen::VectorXd> weights(
      scores.data(), static_cast<Eigen::Index>(scores.size()));
  const MatrixXd together =
      features.transpose() * weights.asDiagonal() * features;
  auto key = [&](DimensionPair pair) {
    return pair.second == pair.first + 1
               ? std::numeric_limits<double>::infinity()
               : std::abs(together(pair.first, pair.second));
  };
  const size_t kept = std::max<size_t>(kMaxPairs, 2 * d);
  std::ranges::stable_sort(pairs, std::greater<>(), key);
  pairs.resize(std::min(pairs.size(), kept));
  std::ranges::sort(pairs);
  return pairs;
}

}  // namespace rankadaptor::surrogate
