#include "tests/contract/performance_model_contract.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::surrogate {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Truly;

constexpr int kNumFeatures = 3;

// A smooth function at random points.
Samples MakeSamples(int count, uint64_t seed = 1) {
  RandomStream stream(seed, "samples");
  Samples samples;
  for (int i = 0; i < count; ++i) {
    double target = 50;
    for (int f = 0; f < kNumFeatures; ++f) {
      const double x = stream.UniformReal(-1, 1);
      samples.features.push_back(x);
      target += x * (f + 1);
    }
    samples.targets.push_back(target);
  }
  return samples;
}

Samples Rows(const Samples& samples, std::vector<size_t> rows) {
  Samples taken;
  for (size_t row : rows) {
    for (int f = 0; f < kNumFeatures; ++f) {
      taken.features.push_back(samples.features[row * kNumFeatures + f]);
    }
    taken.targets.push_back(samples.targets[row]);
  }
  return taken;
}

std::vector<double> Predict(const PerformanceModel& model,
                            const std::vector<double>& features) {
  std::vector<double> predictions(features.size() / kNumFeatures);
  EXPECT_TRUE(model.Predict(features, predictions));
  return predictions;
}

bool IsFinite(double value) { return std::isfinite(value); }

TEST_P(PerformanceModelContract, PredictingBeforeFittingFails) {
  auto model = GetParam()(kNumFeatures);
  EXPECT_EQ(model->num_features(), kNumFeatures);
  std::vector<double> features(kNumFeatures, 0);
  std::vector<double> predictions(1);
  Status status = model->Predict(features, predictions);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kFailedPrecondition);
}

TEST_P(PerformanceModelContract, RefusesWhatAreNoSamplesAndForgetsNothing) {
  auto model = GetParam()(kNumFeatures);
  ASSERT_TRUE(model->Fit(MakeSamples(10)));
  const Samples probe = MakeSamples(5, 2);
  const auto before = Predict(*model, probe.features);
  Samples ragged = MakeSamples(4);
  ragged.features.pop_back();
  Samples nan = MakeSamples(4);
  nan.targets[2] = std::numeric_limits<double>::quiet_NaN();
  Samples infinite = MakeSamples(4);
  infinite.features[1] = std::numeric_limits<double>::infinity();
  for (const Samples& bad : {ragged, nan, infinite, Samples()}) {
    Status status = model->Update(bad);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(Predict(*model, probe.features), before);
  std::vector<double> one(1);
  EXPECT_FALSE(model->Predict(probe.features, one));
}

TEST_P(PerformanceModelContract, OneSampleIsItsOwnPrediction) {
  auto model = GetParam()(kNumFeatures);
  Samples one = MakeSamples(1);
  ASSERT_TRUE(model->Fit(one));
  EXPECT_NEAR(Predict(*model, one.features)[0], one.targets[0], 0.5);
}

TEST_P(PerformanceModelContract, ConstantTargetsArePredictedEverywhere) {
  auto model = GetParam()(kNumFeatures);
  Samples constant = MakeSamples(10);
  std::ranges::fill(constant.targets, 42.0);
  ASSERT_TRUE(model->Fit(constant));
  EXPECT_THAT(Predict(*model, MakeSamples(20, 2).features),
              Each(::testing::DoubleNear(42, 0.5)));
}

TEST_P(PerformanceModelContract, DuplicateRowsAreAveraged) {
  auto model = GetParam()(kNumFeatures);
  Samples samples;
  for (int i = 0; i < 10; ++i) {
    samples.features.insert(samples.features.end(), {0.5, -0.5, 0.25});
    samples.targets.push_back(i % 2 == 0 ? 1 : 3);
  }
  ASSERT_TRUE(model->Fit(samples));
  EXPECT_NEAR(Predict(*model, {0.5, -0.5, 0.25})[0], 2, 0.5);
}

TEST_P(PerformanceModelContract, PredictionsAreFiniteFarFromTheData) {
  auto model = GetParam()(kNumFeatures);
  Samples samples = MakeSamples(6);
  for (double& target : samples.targets) target *= 1e12;
  ASSERT_TRUE(model->Fit(samples));
  EXPECT_THAT(Predict(*model, {100, -100, 100, 0, 0, 0}),
              Each(Truly(IsFinite)));
}

TEST_P(PerformanceModelContract, TheUnitOfTheTargetsDoesNotMatter) {
  const Samples samples = MakeSamples(12);
  Samples scaled = samples;
  for (double& target : scaled.targets) target = target * 1000 - 7;
  auto model = GetParam()(kNumFeatures);
  auto scaled_model = GetParam()(kNumFeatures);
  ASSERT_TRUE(model->Fit(samples));
  ASSERT_TRUE(scaled_model->Fit(scaled));
  const Samples probe = MakeSamples(5, 2);
  auto expected = Predict(*model, probe.features);
  auto predicted = Predict(*scaled_model, probe.features);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR((predicted[i] + 7) / 1000, expected[i], 1e-2);
  }
}

// Sums over rows are taken in another order: equal but for rounding, which
// training amplifies.
TEST_P(PerformanceModelContract, OrderOfTheRowsHardlyMatters) {
  const Samples samples = MakeSamples(8);
  const Samples reversed = Rows(samples, {7, 6, 5, 4, 3, 2, 1, 0});
  auto model = GetParam()(kNumFeatures);
  auto reversed_model = GetParam()(kNumFeatures);
  ASSERT_TRUE(model->Fit(samples));
  ASSERT_TRUE(reversed_model->Fit(reversed));
  const Samples probe = MakeSamples(5, 2);
  auto expected = Predict(*model, probe.features);
  auto predicted = Predict(*reversed_model, probe.features);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(predicted[i], expected[i], 0.05);
  }
}

TEST_P(PerformanceModelContract, TheSameCallsGiveTheSameBits) {
  auto run = [] {
    auto model = GetParam()(kNumFeatures);
    std::vector<Samples> sources = {MakeSamples(10, 3), MakeSamples(6, 4)};
    EXPECT_TRUE(model->MetaLearn(sources));
    EXPECT_TRUE(model->Fit(MakeSamples(5)));
    EXPECT_TRUE(model->Update(MakeSamples(3, 5)));
    return Predict(*model, MakeSamples(20, 2).features);
  };
  EXPECT_EQ(run(), run());
}

TEST_P(PerformanceModelContract, ARowIsPredictedAloneAsAmongOthers) {
  auto model = GetParam()(kNumFeatures);
  ASSERT_TRUE(model->Fit(MakeSamples(10)));
  const Samples probe = MakeSamples(37, 2);
  const auto together = Predict(*model, probe.features);
  for (size_t i = 0; i < together.size(); ++i) {
    EXPECT_EQ(Predict(*model, Rows(probe, {i}).features)[0], together[i]);
  }
}

TEST_P(PerformanceModelContract, ManyThreadsPredictTheSame) {
  auto model = GetParam()(kNumFeatures);
  ASSERT_TRUE(model->Fit(MakeSamples(10)));
  const Samples probe = MakeSamples(200, 2);
  const auto expected = Predict(*model, probe.features);
  std::vector<std::vector<double>> predicted(4);
  std::vector<std::thread> threads;
  for (auto& result : predicted) {
    threads.emplace_back([&] { result = Predict(*model, probe.features); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(predicted, Each(expected));
}

TEST_P(PerformanceModelContract, TheFirstUpdateIsAFit) {
  auto fitted = GetParam()(kNumFeatures);
  auto updated = GetParam()(kNumFeatures);
  ASSERT_TRUE(fitted->Fit(MakeSamples(10)));
  ASSERT_TRUE(updated->Update(MakeSamples(10)));
  const Samples probe = MakeSamples(5, 2);
  EXPECT_EQ(Predict(*updated, probe.features),
            Predict(*fitted, probe.features));
}

TEST_P(PerformanceModelContract, SourcesWithoutInformationAreIgnored) {
  auto model = GetParam()(kNumFeatures);
  Samples constant = MakeSamples(5);
  std::ranges::fill(constant.targets, 1.0);
  EXPECT_TRUE(model->MetaLearn({}));
  EXPECT_TRUE(model->MetaLearn(std::vector<Samples>{constant, MakeSamples(1)}));
  ASSERT_TRUE(model->Fit(MakeSamples(10)));
  EXPECT_THAT(Predict(*model, MakeSamples(5, 2).features),
              Each(Truly(IsFinite)));
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PerformanceModelContract);

}  // namespace rankadaptor::surrogate
