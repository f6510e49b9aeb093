#include "rankadaptor/synthetic/synthetic_evaluator.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

namespace rankadaptor::synthetic {
namespace {

class FixedContext final : public TrialContext {
 public:
  FixedContext(int64_t id, uint64_t seed) : id_(id), seed_(seed) {}
  int64_t trial_id() const override { return id_; }
  uint64_t seed() const override { return seed_; }
  ItemSplit split() const override { return ItemSplit::kSearch; }
  bool cancelled() const override { return false; }
  void Report(double, double) override {}

 private:
  int64_t id_;
  uint64_t seed_;
};

double Objective(SyntheticEvaluator& evaluator, int64_t id, uint64_t seed) {
  FixedContext context(id, seed);
  Configuration x{std::vector<int32_t>(26, 2)};
  return evaluator.Evaluate(x, context)->objective;
}

TEST(SyntheticEvaluator, WithoutNoiseItIsTheFunction) {
  auto evaluator = SyntheticEvaluator::Create({}).value();
  EXPECT_TRUE(evaluator->capabilities().deterministic);
  EXPECT_EQ(Objective(*evaluator, 3, 1),
            evaluator->function().Value(std::vector<int32_t>(26, 2)));
}

TEST(SyntheticEvaluator, NoiseDependsOnSeedAndTrialAndHasItsSize) {
  auto evaluator = SyntheticEvaluator::Create({.noise = 0.5}).value();
  EXPECT_EQ(Objective(*evaluator, 3, 1), Objective(*evaluator, 3, 1));
  EXPECT_NE(Objective(*evaluator, 3, 1), Objective(*evaluator, 4, 1));
  EXPECT_NE(Objective(*evaluator, 3, 1), Objective(*evaluator, 3, 2));
  const double value = evaluator->function().Value(std::vector<int32_t>(26, 2));
  double squares = 0;
  for (int id = 0; id < 1000; ++id) {
    squares += std::pow(Objective(*evaluator, id, 1) - value, 2);
  }
  const double spread =
      evaluator->function().CalibrationMoments().standard_deviation;
  EXPECT_NEAR(std::sqrt(squares / 1000) / spread, 0.5, 0.05);
}

TEST(SyntheticEvaluator, SourceTasksComeAlongAsMetrics) {
  auto evaluator =
      SyntheticEvaluator::Create(
          {.problem = {.family = BenchmarkFamily::kXfer, .num_layers = 5}})
          .value();
  FixedContext context(0, 0);
  auto measured = evaluator->Evaluate({{0, 1, 2, 3, 4}}, context).value();
  ASSERT_EQ(measured.metrics.size(), 8);
  auto task_3 = BenchmarkFunction::Create(
      {.family = BenchmarkFamily::kXfer, .num_layers = 5, .task = 3});
  EXPECT_EQ(measured.metrics[2].name, "task 3");
  EXPECT_EQ(measured.metrics[2].value,
            task_3->Value(std::vector<int32_t>{0, 1, 2, 3, 4}));
}

TEST(SyntheticEvaluator, RefusesForeignConfigurationsAndOptions) {
  auto evaluator = SyntheticEvaluator::Create({}).value();
  FixedContext context(0, 0);
  EXPECT_FALSE(evaluator->Evaluate({{1, 2}}, context));
  EXPECT_FALSE(evaluator->Evaluate({std::vector<int32_t>(26, 6)}, context));
  EXPECT_FALSE(SyntheticEvaluator::Create({.noise = -1}));
  EXPECT_FALSE(SyntheticEvaluator::Create(
      {.noise = std::numeric_limits<double>::quiet_NaN()}));
}

}  // namespace
}  // namespace rankadaptor::synthetic
