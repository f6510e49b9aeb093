#include "rankadaptor/surrogate/mlp_model.h"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/synthetic/benchmark_function.h"

namespace rankadaptor::surrogate {
namespace {

using ::testing::HasSubstr;

constexpr int kNumLayers = 26;

synthetic::BenchmarkFunction Function(int task) {
  return synthetic::BenchmarkFunction::Create(
             {.family = synthetic::BenchmarkFamily::kXfer, .task = task})
      .value();
}

Samples Measure(const synthetic::BenchmarkFunction& function,
                int count,
                uint64_t seed) {
  RandomStream stream(seed, "test");
  Samples samples;
  std::vector<int32_t> levels(kNumLayers);
  for (int i = 0; i < count; ++i) {
    for (int32_t& level : levels) {
      level = static_cast<int32_t>(stream.UniformInt(0, 5));
      samples.features.push_back(level / 2.5 - 1);
    }
    samples.targets.push_back(function.Value(levels));
  }
  return samples;
}

double Correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double aa = 0;
  double bb = 0;
  double ab = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
    ab += (a[i] - mean_a) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

// Correlation of prediction and truth at 300 new random points.
double Quality(const PerformanceModel& model) {
  const Samples truth = Measure(Function(0), 300, 99);
  std::vector<double> predictions(300);
  EXPECT_TRUE(model.Predict(truth.features, predictions));
  return Correlation(predictions, truth.targets);
}

std::unique_ptr<PerformanceModel> MakeModel() {
  return MakeMlpModel(kNumLayers, {}).value();
}

TEST(MlpModel, PredictsBetterTheMoreItHasSeen) {
  auto few = MakeModel();
  ASSERT_TRUE(few->Fit(Measure(Function(0), 20, 1)));
  auto many = MakeModel();
  ASSERT_TRUE(many->Fit(Measure(Function(0), 300, 1)));
  EXPECT_GT(Quality(*few), 0.2);
  EXPECT_GT(Quality(*many), 0.65);
}

TEST(MlpModel, UpdatesTeachIt) {
  auto model = MakeModel();
  ASSERT_TRUE(model->Fit(Measure(Function(0), 10, 1)));
  const double before = Quality(*model);
  for (uint64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(model->Update(Measure(Function(0), 30, 2 + i)));
  }
  EXPECT_GT(Quality(*model), before + 0.15);
}

TEST(MlpModel, MetaLearningSavesTrials) {
  std::vector<Samples> sources;
  for (int task = 1; task <= 4; ++task) {
    sources.push_back(Measure(Function(task), 150, task));
  }
  auto plain = MakeModel();
  auto meta_learned = MakeModel();
  ASSERT_TRUE(meta_learned->MetaLearn(sources));
  const Samples first = Measure(Function(0), 10, 1);
  ASSERT_TRUE(plain->Fit(first));
  ASSERT_TRUE(meta_learned->Fit(first));
  EXPECT_GT(Quality(*meta_learned), Quality(*plain) + 0.2);
  EXPECT_GT(Quality(*meta_learned), 0.6);
}

// The regulariser's job: few noisy samples must not be extrapolated wildly.
TEST(MlpModel, FewSamplesAreNotExtrapolatedWildly) {
  auto model = MakeModel();
  const Samples samples = Measure(Function(0), 5, 1);
  ASSERT_TRUE(model->Fit(samples));
  auto [low, high] = std::ranges::minmax(samples.targets);
  const Samples probe = Measure(Function(0), 500, 2);
  std::vector<double> predictions(500);
  ASSERT_TRUE(model->Predict(probe.features, predictions));
  for (double prediction : predictions) {
    EXPECT_GT(prediction, low - (high - low));
    EXPECT_LT(prediction, high + (high - low));
  }
}

TEST(MlpModel, WidthsAreAdjustableAndChecked) {
  auto narrow = MakeMlpModel(3, {.hidden_widths = {32, 16, 32}}).value();
  EXPECT_TRUE(narrow->Fit({{1, 0, 1, 0, 0, 1}, {1, 2}}));
  auto error = [](int num_features, std::vector<int> widths) {
    return MakeMlpModel(num_features, {.hidden_widths = std::move(widths)})
        .error()
        .message;
  };
  EXPECT_THAT(error(0, {32}), HasSubstr("num_features = 0"));
  EXPECT_THAT(error(3, {32, 0}), HasSubstr("hidden_widths[1] = 0"));
  EXPECT_THAT(error(3, {5000}), HasSubstr("[1, 4096]"));
}

TEST(MlpModel, SeedsGiveDifferentNetworks) {
  auto one = MakeMlpModel(kNumLayers, {.seed = 1}).value();
  auto two = MakeMlpModel(kNumLayers, {.seed = 2}).value();
  const Samples samples = Measure(Function(0), 10, 1);
  ASSERT_TRUE(one->Fit(samples));
  ASSERT_TRUE(two->Fit(samples));
  std::vector<double> a(10);
  std::vector<double> b(10);
  const Samples probe = Measure(Function(0), 10, 2);
  ASSERT_TRUE(one->Predict(probe.features, a));
  ASSERT_TRUE(two->Predict(probe.features, b));
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace rankadaptor::surrogate
