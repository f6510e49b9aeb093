#include "rankadaptor/llama/llama_evaluator.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/rank_space.h"

#include "tests/support/random_model.h"
#include "tests/support/tiny_tokenizer.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using rankadaptor::testing::TinyTokenizer;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Pointwise;

// A trial that remembers what was reported and cancels when told to.
class FakeTrial final : public TrialContext {
 public:
  explicit FakeTrial(uint64_t seed, ItemSplit split = ItemSplit::kSearch)
      : seed_(seed), split_(split) {}
  int64_t trial_id() const override { return 0; }
  uint64_t seed() const override { return seed_; }
  ItemSplit split() const override { return split_; }
  bool cancelled() const override { return num_reports >= cancel_after; }
  double fidelity() const override { return share; }
  void Report(double fraction_done, double) override {
    EXPECT_GE(fraction_done, last_fraction);
    last_fraction = fraction_done;
    ++num_reports;
  }
  double share = 1;
  int cancel_after = 1 << 30;
  int num_reports = 0;
  double last_fraction = 0;

 private:
  uint64_t seed_;
  ItemSplit split_;
};

Task MakeTask(const std::string& name, int num_documents) {
  Task task;
  task.name = name;
  for (int i = 0; i < num_documents; ++i) {
    std::string letter(1, static_cast<char>('a' + i % 26));
    TaskDocument document;
    document.requests = {{"the " + letter, " dog"}, {"the " + letter, " fox"}};
    document.choice_lengths = {3, 3};
    document.gold = i % 2;
    task.documents.push_back(std::move(document));
  }
  return task;
}

std::vector<TokenWindow> RandomWindows(int count, int length) {
  RandomStream stream(3, "windows");
  std::vector<TokenWindow> windows(count);
  for (TokenWindow& window : windows) {
    for (int i = 0; i < length; ++i) {
      window.push_back(static_cast<int32_t>(stream.UniformInt(1, 28)));
    }
  }
  return windows;
}

LlamaEvaluatorParts MakeParts() {
  Model model = RandomModel(SmallConfig(), 1);
  SearchSpace space =
      MakeRankSpace(model.config(), {.searched_layers = {0, 2}}).value();
  RecoveryData data;
  for (const TokenWindow& window : RandomWindows(8, 12)) {
    data.rows.push_back({window, window});
  }
  return {.model = std::move(model),
          .tokenizer = TinyTokenizer(),
          .space = std::move(space),
          .recovery_data = std::move(data),
          .tasks = {MakeTask("first", 20), MakeTask("second", 10)},
          .heldout_texts = {{"text", RandomWindows(6, 10)}}};
}

LlamaEvaluatorOptions MakeOptions() {
  LlamaEvaluatorOptions options;
  options.recovery.batch_size = 4;
  options.recovery.micro_batch_size = 4;
  options.recovery.steps = 4;
  options.recovery.warmup_steps = 1;
  options.recovery.learning_rate = 1e-2;
  return options;
}

Configuration Uniform8(const SearchSpace& space) {
  return space.FromValues({8, 8, 8}).value();
}

TEST(LlamaEvaluator, MeasuresEveryTaskTextAndTheAverage) {
  auto evaluator = LlamaEvaluator::Create(MakeParts(), MakeOptions()).value();
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
  LlamaEvaluatorOptions options = MakeOptions();
  options.objective = "second";
  auto evaluator = LlamaEvaluator::Create(MakeParts(), options).value();
  Measurement measured =
      evaluator->Score(evaluator->model(), nullptr, ItemSplit::kSearch).value();
  EXPECT_THAT(measured.metrics,
              ElementsAre(Field(&Metric::name, "first"),
                          Field(&Metric::name, "second"),
                          Field(&Metric::name, "text")));
  EXPECT_EQ(measured.objective, measured.metrics[1].value);
}

TEST(LlamaEvaluator, SameSeedGivesTheSameMeasurement) {
  auto evaluator = LlamaEvaluator::Create(MakeParts(), MakeOptions()).value();
  Configuration x = evaluator->space().FromValues({2, 8, 12}).value();
  FakeTrial a(7), b(7), c(8);
  Measurement first = evaluator->Evaluate(x, a).value();
  EXPECT_EQ(first, evaluator->Evaluate(x, b).value());
  EXPECT_NE(first.metrics[3], evaluator->Evaluate(x, c).value().metrics[3]);
}

TEST(LlamaEvaluator, RecoveredAdapterIsTheTrialsOwn) {
  auto evaluator = LlamaEvaluator::Create(MakeParts(), MakeOptions()).value();
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
  LlamaEvaluatorOptions options = MakeOptions();
  options.recovery.steps = 12;
  options.fidelities = {0.25, 1};
  auto evaluator = LlamaEvaluator::Create(MakeParts(), options).value();
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
  LlamaEvaluatorOptions options = MakeOptions();
  options.recovery.steps = 16;
  options.recovery.warmup_steps = 4;
  auto evaluator = LlamaEvaluator::Create(MakeParts(), options).value();
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
  LlamaEvaluatorParts parts = MakeParts();
  parts.heldout_texts = {{"text", RandomWindows(8, 12)}};  // the rows
  LlamaEvaluatorOptions options = MakeOptions();
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
  auto evaluator = LlamaEvaluator::Create(MakeParts(), MakeOptions()).value();
  EXPECT_EQ(evaluator->num_items(ItemSplit::kSearch), 18);
  EXPECT_EQ(evaluator->num_items(ItemSplit::kConfirm), 18);
  LlamaEvaluatorOptions whole = MakeOptions();
  whole.search_fraction = 1;
  auto paper = LlamaEvaluator::Create(MakeParts(), whole).value();
  EXPECT_EQ(paper->num_items(ItemSplit::kSearch), 36);
  EXPECT_EQ(paper->num_items(ItemSplit::kConfirm), 36);
}

TEST(LlamaEvaluator, CancelledTrialStops) {
  auto evaluator = LlamaEvaluator::Create(MakeParts(), MakeOptions()).value();
  FakeTrial trial(7);
  trial.cancel_after = 2;
  auto measured = evaluator->Evaluate(Uniform8(evaluator->space()), trial);
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code, ErrorCode::kCancelled);
  EXPECT_LE(trial.num_reports, 3);
}

TEST(LlamaEvaluator, UnknownObjectiveIsRefusedWithWhatIsMeasured) {
  LlamaEvaluatorOptions options = MakeOptions();
  options.objective = "third";
  EXPECT_THAT(LlamaEvaluator::Create(MakeParts(), options).error().message,
              HasSubstr("'third' is not one of first, second, average, text"));
}

TEST(LlamaEvaluator, BadPartsAreRefused) {
  LlamaEvaluatorParts nothing = MakeParts();
  nothing.tasks.clear();
  nothing.heldout_texts.clear();
  EXPECT_FALSE(LlamaEvaluator::Create(std::move(nothing), MakeOptions()));
  LlamaEvaluatorParts twice = MakeParts();
  twice.heldout_texts[0].name = "first";
  EXPECT_THAT(
      LlamaEvaluator::Create(std::move(twice), MakeOptions()).error().message,
      HasSubstr("'first' is named twice"));
  LlamaEvaluatorOptions options = MakeOptions();
  options.search_fraction = 0;
  EXPECT_FALSE(LlamaEvaluator::Create(MakeParts(), options));
}

}  // namespace
}  // namespace rankadaptor::llama
