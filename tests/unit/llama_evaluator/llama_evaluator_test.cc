#include "rankadaptor/llama/llama_evaluator.h"

#include <gmock/gmock.h>

#include "tests/unit/llama_evaluator/evaluator_parts.h"

namespace rankadaptor::llama {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Pointwise;

Configuration Uniform8(const SearchSpace& space) {
  return space.FromValues({8, 8, 8}).value();
}

TEST(LlamaEvaluator, MeasuresEveryTaskTextAndTheAverage) {
  auto evaluator =
      LlamaEvaluator::Create(MakeEvaluatorParts(), MakeEvaluatorOptions())
          .value();
  FakeTrial trial(7);
  auto measured = evaluator->Evaluate(Uniform8(evaluator->space()), trial);
  ASSERT_TRUE(measured) << measured.error().message;
  EXPECT_THAT(measured->metrics,
              ElementsAre(Field(&Metric::name, "first"),
                          Field(&Metric::name, "second"),
                          Field(&Metric::name, "average"),
                          Field(&Metric::name, "text")));
  EXPECT_DOUBLE_EQ(
      measured->metrics[2].value,
      (measured->metrics[0].value + measured->metrics[1].value) / 2);
  EXPECT_EQ(measured->objective, measured->metrics[2].value);
  EXPECT_LT(measured->metrics[3].value, 0);
  EXPECT_EQ(trial.last_fraction, 1.0);
}

TEST(LlamaEvaluator, AverageIsNoMetricBesideAnotherObjective) {
  LlamaEvaluatorOptions options = MakeEvaluatorOptions();
  options.objective = "second";
  auto evaluator =
      LlamaEvaluator::Create(MakeEvaluatorParts(), options).value();
  Measurement measured =
      evaluator->Score(evaluator->model(), nullptr, ItemSplit::kSearch).value();
  EXPECT_THAT(measured.metrics,
              ElementsAre(Field(&Metric::name, "first"),
                          Field(&Metric::name, "second"),
                          Field(&Metric::name, "text")));
  EXPECT_EQ(measured.objective, measured.metrics[1].value);
}

TEST(LlamaEvaluator, SameSeedGivesTheSameMeasurement) {
  auto evaluator =
      LlamaEvaluator::Create(MakeEvaluatorParts(), MakeEvaluatorOptions())
          .value();
  Configuration x = evaluator->space().FromValues({2, 8, 12}).value();
  FakeTrial a(7), b(7), c(8);
  Measurement first = evaluator->Evaluate(x, a).value();
  EXPECT_EQ(first, evaluator->Evaluate(x, b).value());
  EXPECT_NE(first.metrics[3], evaluator->Evaluate(x, c).value().metrics[3]);
}

TEST(LlamaEvaluator, RecoveredAdapterIsTheTrialsOwn) {
  auto evaluator =
      LlamaEvaluator::Create(MakeEvaluatorParts(), MakeEvaluatorOptions())
          .value();
  Configuration x = evaluator->space().FromValues({2, 8, 12}).value();
  FakeTrial trial(7);
  Measurement measured = evaluator->Evaluate(x, trial).value();
  Adapter adapter = evaluator->Recover(x, 7).value();
  EXPECT_THAT(adapter.ranks(), ElementsAre(2, 8, 12));
  EXPECT_EQ(evaluator->Score(evaluator->model(), &adapter, ItemSplit::kSearch)
                .value(),
            measured);
}

// One report for each update and one for the score.
TEST(LlamaEvaluator, ShortTrialMakesItsShareOfTheUpdates) {
  LlamaEvaluatorOptions options = MakeEvaluatorOptions();
  options.recovery.steps = 12;
  options.fidelities = {0.25, 1};
  auto evaluator =
      LlamaEvaluator::Create(MakeEvaluatorParts(), options).value();
  EXPECT_EQ(evaluator->capabilities().fidelities, options.fidelities);
  FakeTrial full(7), quarter(7);
  quarter.share = 0.25;
  const Configuration x = Uniform8(evaluator->space());
  const Measurement in_full = evaluator->Evaluate(x, full).value();
  const Measurement screened = evaluator->Evaluate(x, quarter).value();
  EXPECT_EQ(full.num_reports, 12 + 1);
  EXPECT_EQ(quarter.num_reports, 3 + 1);
  EXPECT_EQ(quarter.last_fraction, 1.0);
  EXPECT_NE(screened, in_full);
}

TEST(LlamaEvaluator, RatesOfAShortTrialEndWhereThoseOfAFullOneDo) {
  LlamaEvaluatorOptions options = MakeEvaluatorOptions();
  options.recovery.steps = 16;
  options.recovery.warmup_steps = 4;
  auto evaluator =
      LlamaEvaluator::Create(MakeEvaluatorParts(), options).value();
  std::vector<double> rates;
  const TrainingHooks hooks = {.observer = [&](const TrainingStep& step) {
    rates.push_back(step.learning_rate);
  }};
  ASSERT_TRUE(evaluator->Recover(Uniform8(evaluator->space()), 7, hooks, 0.25));
  // One update of four warms up, then the rate falls linearly to zero.
  const double peak = options.recovery.learning_rate;
  EXPECT_THAT(
      rates, Pointwise(DoubleNear(1e-12), {0.0, peak, peak * 2 / 3, peak / 3}));
}

TEST(LlamaEvaluator, RecoveryImprovesWhatItTrainsOn) {
  LlamaEvaluatorParts parts = MakeEvaluatorParts();
  parts.heldout_texts = {{"text", RandomWindows(8, 12)}};  // the rows
  LlamaEvaluatorOptions options = MakeEvaluatorOptions();
  options.objective = "text";
  options.search_fraction = 1;
  options.recovery.steps = 20;
  auto evaluator = LlamaEvaluator::Create(std::move(parts), options).value();
  FakeTrial trial(7);
  double before =
      evaluator->Score(evaluator->model(), nullptr, ItemSplit::kSearch)
          .value()
          .objective;
  EXPECT_GT(evaluator->Evaluate(Uniform8(evaluator->space()), trial)
                .value()
                .objective,
            before + 0.05);
}

TEST(LlamaEvaluator, SplitsShareNoItemAndCoverAll) {
  auto evaluator =
      LlamaEvaluator::Create(MakeEvaluatorParts(), MakeEvaluatorOptions())
          .value();
  EXPECT_EQ(evaluator->num_items(ItemSplit::kSearch), 18);
  EXPECT_EQ(evaluator->num_items(ItemSplit::kConfirm), 18);
  LlamaEvaluatorOptions whole = MakeEvaluatorOptions();
  whole.search_fraction = 1;
  auto paper = LlamaEvaluator::Create(MakeEvaluatorParts(), whole).value();
  EXPECT_EQ(paper->num_items(ItemSplit::kSearch), 36);
  EXPECT_EQ(paper->num_items(ItemSplit::kConfirm), 36);
}

TEST(LlamaEvaluator, CancelledTrialStops) {
  auto evaluator =
      LlamaEvaluator::Create(MakeEvaluatorParts(), MakeEvaluatorOptions())
          .value();
  FakeTrial trial(7);
  trial.cancel_after = 2;
  auto measured = evaluator->Evaluate(Uniform8(evaluator->space()), trial);
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code, ErrorCode::kCancelled);
  EXPECT_LE(trial.num_reports, 3);
}

TEST(LlamaEvaluator, UnknownObjectiveIsRefusedWithWhatIsMeasured) {
  LlamaEvaluatorOptions options = MakeEvaluatorOptions();
  options.objective = "third";
  EXPECT_THAT(
      LlamaEvaluator::Create(MakeEvaluatorParts(), options).error().message,
      HasSubstr("'third' is not one of first, second, average, text"));
}

TEST(LlamaEvaluator, BadPartsAreRefused) {
  LlamaEvaluatorParts nothing = MakeEvaluatorParts();
  nothing.tasks.clear();
  nothing.heldout_texts.clear();
  EXPECT_FALSE(
      LlamaEvaluator::Create(std::move(nothing), MakeEvaluatorOptions()));
  LlamaEvaluatorParts twice = MakeEvaluatorParts();
  twice.heldout_texts[0].name = "first";
  EXPECT_THAT(LlamaEvaluator::Create(std::move(twice), MakeEvaluatorOptions())
                  .error()
                  .message,
              HasSubstr("'first' is named twice"));
  LlamaEvaluatorOptions options = MakeEvaluatorOptions();
  options.search_fraction = 0;
  EXPECT_FALSE(LlamaEvaluator::Create(MakeEvaluatorParts(), options));
}

}  // namespace
}  // namespace rankadaptor::llama
