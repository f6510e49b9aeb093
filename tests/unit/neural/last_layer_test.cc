#include "surrogate/neural/last_layer.h"

#include <cmath>

#include <gtest/gtest.h>

namespace rankadaptor::surrogate {
namespace {

// Targets are 2 * feature 0 - feature 1 + noise; features 2 to 5 do nothing.
struct Data {
  Matrix features;
  Eigen::VectorXd targets;
};

Data LinearData(int count, double noise) {
  RandomStream stream(5);
  Data data{.features = Matrix(count, 6), .targets = Eigen::VectorXd(count)};
  for (int r = 0; r < count; ++r) {
    for (int c = 0; c < 6; ++c) data.features(r, c) = stream.Normal(0, 1);
    data.targets[r] =
        2 * data.features(r, 0) - data.features(r, 1) + stream.Normal(0, noise);
  }
  return data;
}

const FeatureGroups kGroups{.sizes = {2, 4}, .variances = {0.5, 0.5}};

TEST(LastLayer, EvidenceFindsNoiseAndWhatMatters) {
  const Data data = LinearData(300, 0.4);
  const LastLayer last(data.features, data.targets, kGroups, 0.3);
  // Standard error of a variance from 300 numbers: 8%.
  EXPECT_NEAR(last.noise_variance(), 0.16, 0.04);
  EXPECT_NEAR(last.mean()[0], 2, 0.1);
  EXPECT_NEAR(last.mean()[1], -1, 0.1);
  EXPECT_LT(last.mean().tail(4).norm(), 0.1);
}

TEST(LastLayer, FewRowsAndManyRowsFollowOneFormula) {
  // Just fewer rows than features, and just as many.
  const Data data = LinearData(6, 0.4);
  const LastLayer five(
      data.features.topRows(5), data.targets.head(5), kGroups, 0.3);
  LastLayer grown = five;
  grown.Append(data.features.row(5), data.targets[5]);
  const LastLayer six(data.features, data.targets, kGroups, 0.3);
  EXPECT_NEAR((grown.mean() - six.mean()).norm(), 0, 0.5);
  EXPECT_NEAR(five.noise_variance(), six.noise_variance(), 0.2);
}

TEST(LastLayer, AppendingReducesTheVarianceThere) {
  const Data data = LinearData(10, 0.4);
  LastLayer last(data.features, data.targets, kGroups, 0.3);
  const Eigen::VectorXd point = Eigen::VectorXd::Constant(6, 1.5);
  const double before = last.Variance(point);
  last.Append(point, 3);
  // Exactly: 1/after = 1/before + 1/noise.
  EXPECT_NEAR(
      last.Variance(point), 1 / (1 / before + 1 / last.noise_variance()), 1e-9);
}

TEST(LastLayer, SamplesHaveThePosteriorsMeanAndVariance) {
  const Data data = LinearData(10, 0.4);
  const LastLayer last(data.features, data.targets, kGroups, 0.3);
  const Eigen::VectorXd point = Eigen::VectorXd::Constant(6, 0.7);
  RandomStream stream(9);
  double sum = 0;
  double squares = 0;
  constexpr int kCount = 4000;
  for (int i = 0; i < kCount; ++i) {
    const double value = last.Sample(stream, 1).dot(point);
    sum += value / kCount;
    squares += value * value / kCount;
  }
  const double variance = last.Variance(point);
  // Four standard errors.
  EXPECT_NEAR(sum, last.mean().dot(point), 4 * std::sqrt(variance / kCount));
  EXPECT_NEAR(squares - sum * sum, variance, 0.09 * variance);
}

}  // namespace
}  // namespace rankadaptor::surrogate
