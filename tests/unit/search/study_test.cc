#include "rankadaptor/search/study.h"

#include <limits>

#include <gmock/gmock.h>

#include "search/study_options.h"
#include "tests/unit/search/study_fixture.h"

namespace rankadaptor {
namespace {

using ::rankadaptor::testing::FunctionEvaluator;
using ::rankadaptor::testing::MakeSmallStrategy;
using ::rankadaptor::testing::MakeSpace;
using ::rankadaptor::testing::ManualClock;
using ::rankadaptor::testing::Measure;
using ::rankadaptor::testing::RunStudy;
using ::rankadaptor::testing::SmallSpace;
using ::rankadaptor::testing::SmallStudy;
using ::rankadaptor::testing::StudyRun;
using ::rankadaptor::testing::StudyTest;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(StudyTest, GoesThroughThePhasesAndSaysWhatItUsed) {
  StudySummary summary = Run().value();
  EXPECT_EQ(summary.stop_reason, StopReason::kTrialBudget);
  EXPECT_EQ(summary.num_initial_trials, 4);
  EXPECT_EQ(summary.num_search_trials, 6);
  EXPECT_EQ(summary.max_trials, 10);
  EXPECT_EQ(summary.num_confirm_trials,
            static_cast<int>(summary.candidates.size()) * 2);
  ASSERT_TRUE(summary.best);
  EXPECT_EQ(summary.candidates[*summary.best].purpose, TrialPurpose::kFinalist);
  EXPECT_THAT(store_.LoadTrials().value(),
              SizeIs(10 + summary.num_confirm_trials));
}

TEST_F(StudyTest, FindsBetterConfigurationsThanRandomTrials) {
  options_.max_trials = 25;
  options_.batch_size = 1;
  StudySummary summary = Run().value();
  double best_initial = 0;
  for (const Trial& trial : Trials(TrialPurpose::kInitial)) {
    best_initial = std::max(best_initial, trial.measurement.objective);
  }
  EXPECT_GT(summary.best_observed->measurement.objective, best_initial);
  EXPECT_GT(*summary.candidates[*summary.best].difference->mean, 0);
}

TEST_F(StudyTest, SearchTrialsShareOneSeedAndConfirmTrialsHaveFreshOnes) {
  ASSERT_TRUE(Run());
  std::set<uint64_t> search_seeds;
  for (auto purpose : {TrialPurpose::kInitial, TrialPurpose::kSearch}) {
    for (const Trial& trial : Trials(purpose)) {
      search_seeds.insert(trial.seed);
      EXPECT_EQ(trial.split, ItemSplit::kSearch);
    }
  }
  EXPECT_THAT(search_seeds, SizeIs(1));
  std::set<uint64_t> confirm_seeds;
  for (auto purpose : {TrialPurpose::kFinalist, TrialPurpose::kBaseline}) {
    for (const Trial& trial : Trials(purpose)) {
      confirm_seeds.insert(trial.seed);
      EXPECT_EQ(trial.split, ItemSplit::kConfirm);
      EXPECT_FALSE(search_seeds.contains(trial.seed));
    }
  }
  EXPECT_THAT(confirm_seeds, SizeIs(2));
}

TEST_F(StudyTest, IndependentSeedsDifferFromTrialToTrial) {
  options_.independent_seeds = true;
  ASSERT_TRUE(Run());
  std::set<uint64_t> seeds;
  for (const Trial& trial : Trials(TrialPurpose::kInitial)) {
    seeds.insert(trial.seed);
  }
  EXPECT_THAT(seeds, SizeIs(4));
}

TEST_F(StudyTest, NoConfigurationIsSearchedTwice) {
  options_.max_trials = 40;
  ASSERT_TRUE(Run());
  std::set<Configuration> seen;
  for (auto purpose : {TrialPurpose::kInitial, TrialPurpose::kSearch}) {
    for (const Trial& trial : Trials(purpose)) {
      EXPECT_TRUE(seen.insert(trial.configuration).second);
    }
  }
  EXPECT_THAT(seen, SizeIs(40));
}

TEST_F(StudyTest, TrialsAreStoredBeforeAnythingLearnsFromThem) {
  class Watcher final : public Strategy {
   public:
    explicit Watcher(Store& store)
        : store_(store), inner_(MakeSmallStrategy("random")) {}
    Status MetaLearn(std::span<const SourceStudy> sources) override {
      for (const SourceStudy& source : sources) names.push_back(source.name);
      EXPECT_EQ(store_.LoadTrials()->size(), 4);
      return {};
    }
    Status Observe(std::span<const Trial> trials) override {
      num_told += trials.size();
      EXPECT_EQ(store_.LoadTrials()->size(), num_told);
      EXPECT_TRUE(std::ranges::is_sorted(trials, {}, &Trial::id));
      return inner_->Observe(trials);
    }
    Result<std::vector<Suggestion>> Suggest(int count) override {
      return inner_->Suggest(count);
    }
    void MarkPending(std::span<const Suggestion>) override {}
    Result<std::vector<Suggestion>> Recommend(int count) override {
      return inner_->Recommend(count);
    }
    std::vector<std::string> names;
    size_t num_told = 0;

   private:
    Store& store_;
    std::unique_ptr<Strategy> inner_;
  };
  auto watcher = std::make_unique<Watcher>(store_);
  Watcher& watched = *watcher;
  strategy_ = std::move(watcher);
  options_.sources = {{.name = "last week's"}};
  FunctionEvaluator evaluator(function_);
  auto study = Study::Create(options_,
                             SmallSpace(),
                             {.evaluator = &evaluator,
                              .store = &store_,
                              .strategy = std::move(strategy_)})
                   .value();
  ASSERT_TRUE(study->Run());
  EXPECT_EQ(watched.num_told, 10);
  EXPECT_THAT(watched.names, ElementsAre("last week's", "sum", "noise"));
}

TEST_F(StudyTest, AllTrialsFailingIsAResultWithoutABest) {
  function_ = [](auto&, auto&) -> Result<Measurement> {
    return ResourceExhausted("no memory");
  };
  StudySummary summary = Run().value();
  EXPECT_EQ(summary.num_search_trials, 6);
  EXPECT_EQ(summary.num_failed_trials,
            10 + static_cast<int>(options_.baselines.size()) * 2);
  EXPECT_FALSE(summary.best);
  EXPECT_FALSE(summary.best_observed);
  EXPECT_FALSE(summary.recommended);
  EXPECT_THAT(summary.candidates, SizeIs(2));
  EXPECT_THAT(Trials(TrialPurpose::kSearch),
              Each(Field(&Trial::reason, "no memory")));
}

TEST_F(StudyTest, StopsWhenPredictionsConverge) {
  function_ = [](const Configuration& x, auto&) {
    return Measurement{.objective = static_cast<double>(x.choices[0])};
  };
  options_.convergence_threshold = 100;
  options_.convergence_rounds = 1;
  StudySummary summary = Run().value();
  EXPECT_EQ(summary.stop_reason, StopReason::kConverged);
  EXPECT_EQ(summary.num_search_trials, 3);
}

TEST_F(StudyTest, StopsWhenTheSpaceIsExhausted) {
  function_ = [](auto&, auto&) { return Measurement{.objective = 1}; };
  options_.baselines.clear();
  options_.max_trials = 20;
  StudySummary summary = Run(MakeSpace(2, 3)).value();
  EXPECT_EQ(summary.stop_reason, StopReason::kSpaceExhausted);
  EXPECT_EQ(summary.num_initial_trials + summary.num_search_trials, 9);
  EXPECT_TRUE(summary.best);
}

TEST_F(StudyTest, ASpaceOfOneConfigurationIsSearched) {
  function_ = [](auto&, auto&) { return Measurement{.objective = 1}; };
  options_.baselines.clear();
  StudySummary summary = Run(MakeSpace(2, 1)).value();
  EXPECT_EQ(summary.stop_reason, StopReason::kSpaceExhausted);
  EXPECT_EQ(summary.num_initial_trials, 1);
  EXPECT_EQ(*summary.candidates[*summary.best].objective.mean, 1);
}

TEST_F(StudyTest, StopsWhenTheTimeIsUsed) {
  function_ = [&](const Configuration& x, TrialContext& trial) {
    clock_.Advance(10);
    return Measure(x, trial.seed());
  };
  options_.time_budget_seconds = 65;
  StudySummary summary = Run().value();
  EXPECT_EQ(summary.stop_reason, StopReason::kTimeBudget);
  EXPECT_EQ(summary.num_search_trials, 3);  // 4 + 3 trials: 70 s
  // Seconds of earlier runs count: run again, nothing is left to do.
  function_ = [](auto&, auto&) -> Result<Measurement> {
    ADD_FAILURE() << "evaluated again";
    return Measurement{};
  };
  EXPECT_EQ(Run().value(), summary);
}

TEST_F(StudyTest, StopsWhenNothingBetterIsFound) {
  function_ = [](auto&, auto&) { return Measurement{.objective = 1}; };
  options_.batch_size = 1;
  options_.stagnation_trials = 2;
  StudySummary summary = Run().value();
  EXPECT_EQ(summary.stop_reason, StopReason::kStagnation);
  EXPECT_EQ(summary.num_search_trials, 2);
  EXPECT_EQ(summary.stop_sentence,
            "The search stopped because 2 trials in a row brought nothing "
            "better.");
}

TEST_F(StudyTest, StopsWhenTheRunHasLastedLongEnough) {
  function_ = [&](const Configuration& x, TrialContext& trial) {
    clock_.Advance(10);
    return Measure(x, trial.seed());
  };
  options_.wall_time_seconds = 65;
  StudySummary summary = Run().value();
  EXPECT_EQ(summary.stop_reason, StopReason::kWallTime);
  EXPECT_EQ(summary.num_search_trials, 3);  // 4 + 3 trials: 70 s
  EXPECT_THAT(summary.stop_sentence, HasSubstr("65 seconds"));
}

TEST_F(StudyTest, EveryStopHasASentence) {
  for (StopReason reason : {StopReason::kConverged,
                            StopReason::kTrialBudget,
                            StopReason::kTimeBudget,
                            StopReason::kSpaceExhausted,
                            StopReason::kStagnation,
                            StopReason::kWallTime}) {
    EXPECT_THAT(internal::StopSentence(reason, options_),
                ::testing::MatchesRegex("The search stopped because .*\\."));
    EXPECT_STRNE(StopReasonName(reason), "unknown");
  }
}

TEST_F(StudyTest, SaysHowGoodThePredictionsWere) {
  options_.max_trials = 20;  // ten of them before it has a model
  strategy_ = MakeSmallStrategy("mlp");
  StudySummary summary = Run().value();
  EXPECT_GE(summary.surrogate.num_predictions, 4);
  EXPECT_EQ(summary.surrogate.num_with_deviation,
            summary.surrogate.num_predictions);
  EXPECT_TRUE(summary.surrogate.root_mean_square_error);
  EXPECT_TRUE(summary.surrogate.share_within_deviation);
  // The random strategy predicts nothing.
  store_ = MemoryStore();
  strategy_ = MakeSmallStrategy("random");
  EXPECT_EQ(Run().value().surrogate, SurrogateQuality());
}

TEST_F(StudyTest, ALargerBudgetGoesOnWhereTheStudyEnded) {
  StudySummary first = Run().value();
  options_.max_trials = 14;
  StudySummary second = Run().value();
  EXPECT_EQ(second.num_initial_trials + second.num_search_trials, 14);
  EXPECT_GE(second.best_observed->measurement.objective,
            first.best_observed->measurement.objective);
  // And ends there when it is run once more.
  EXPECT_EQ(Run().value(), second);
}

TEST_F(StudyTest, AForeignStoreIsRefused) {
  ASSERT_TRUE(Run());
  options_.seed = 8;
  auto summary = Run();
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(summary.error().message, HasSubstr("trial 0"));
}

TEST_F(StudyTest, AFullDiskEndsTheStudyWithTheStoresError) {
  class FullStore final : public Store {
   public:
    Result<std::vector<Trial>> LoadTrials() override {
      return std::vector<Trial>();
    }
    Status AppendTrial(const Trial&) override {
      return ResourceExhausted("no space left");
    }
    Result<std::vector<int64_t>> LoadAppendOrder() override {
      return std::vector<int64_t>();
    }
    Status AppendAsked(std::span<const Trial>) override { return {}; }
    Result<std::vector<Trial>> LoadAsked() override {
      return std::vector<Trial>();
    }
  };
  FullStore store;
  FunctionEvaluator evaluator(function_);
  auto study = Study::Create(options_,
                             SmallSpace(),
                             {.evaluator = &evaluator,
                              .store = &store,
                              .strategy = MakeSmallStrategy()})
                   .value();
  auto summary = study->Run();
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().message, "no space left");
}

TEST_F(StudyTest, ObserversSeePhasesTrialsAndIterations) {
  class Recorder final : public StudyObserver {
   public:
    void OnPhase(StudyPhase phase, const StudyProgress&) override {
      phases.push_back(phase);
    }
    void OnTrialStarted(const Trial&, const StudyProgress&) override {
      ++num_started;
    }
    void OnTrialReport(const Trial&, double, double) override { ++num_reports; }
    void OnTrialFinished(const Trial&, const StudyProgress& now) override {
      progress.push_back(now);
    }
    void OnIteration(const Iteration& iteration,
                     const StudyProgress&) override {
      iterations.push_back(iteration);
    }
    std::vector<StudyPhase> phases;
    int num_started = 0;
    int num_reports = 0;
    std::vector<StudyProgress> progress;
    std::vector<Iteration> iterations;
  };
  Recorder recorder;
  observers_ = {&recorder};
  function_ = [&](const Configuration& x, TrialContext& trial) {
    trial.Report(0.5, 0);
    clock_.Advance(2);
    return Measure(x, trial.seed());
  };
  ASSERT_TRUE(Run());
  EXPECT_THAT(recorder.phases,
              ElementsAre(StudyPhase::kInitialise,
                          StudyPhase::kIterate,
                          StudyPhase::kConverge));
  const auto num_trials = static_cast<int>(store_.LoadTrials()->size());
  EXPECT_EQ(recorder.num_started, num_trials);
  EXPECT_EQ(recorder.num_reports, num_trials);
  ASSERT_THAT(recorder.progress, SizeIs(num_trials));
  EXPECT_EQ(recorder.progress[0].num_trials_planned, 10 + 4 * 2);
  EXPECT_EQ(recorder.progress[0].seconds_left, 17 * 2);
  EXPECT_EQ(recorder.progress.back().num_trials_done, num_trials);
  EXPECT_EQ(recorder.progress.back().seconds_left, 0);
  ASSERT_THAT(recorder.iterations, SizeIs(2));
  EXPECT_TRUE(recorder.iterations[1].gap);
  EXPECT_EQ(recorder.iterations[1].index, 1);
}

TEST_F(StudyTest, OptionsOutOfRangeAreNamed) {
  auto error = [&](auto change) {
    options_ = SmallStudy();
    change(options_);
    auto summary = Run();
    return summary ? "accepted" : summary.error().message;
  };
  EXPECT_THAT(error([](auto& o) { o.max_trials = 0; }),
              HasSubstr("max_trials = 0"));
  EXPECT_THAT(error([](auto& o) { o.num_initial_trials = 11; }),
              HasSubstr("num_initial_trials = 11 is not in [0, 10]"));
  EXPECT_THAT(error([](auto& o) { o.batch_size = 0; }),
              HasSubstr("batch_size"));
  EXPECT_THAT(error([](auto& o) { o.num_workers = 0; }),
              HasSubstr("num_workers"));
  EXPECT_THAT(error([](auto& o) { o.num_confirm_seeds = 0; }),
              HasSubstr("num_confirm_seeds"));
  EXPECT_THAT(error([](auto& o) {
                o.convergence_threshold =
                    std::numeric_limits<double>::quiet_NaN();
              }),
              HasSubstr("convergence_threshold"));
  EXPECT_THAT(error([](auto& o) { o.time_budget_seconds = -1; }),
              HasSubstr("time_budget_seconds"));
  EXPECT_THAT(error([](auto& o) { o.wall_time_seconds = -1; }),
              HasSubstr("wall_time_seconds"));
  EXPECT_THAT(error([](auto& o) { o.stagnation_trials = -1; }),
              HasSubstr("stagnation_trials"));
  EXPECT_THAT(error([](auto& o) { o.baselines[1].label = "low"; }),
              HasSubstr("'low'"));
  EXPECT_THAT(error([](auto& o) { o.baselines[0].configuration = {{9}}; }),
              HasSubstr("baseline 'low'"));
}

TEST_F(StudyTest, MissingPartsAreNamed) {
  auto study = Study::Create(options_, SmallSpace(), {});
  ASSERT_FALSE(study);
  EXPECT_THAT(study.error().message, HasSubstr("'evaluator'"));
}

TEST_F(StudyTest, SourcesThatAreNotOfTheSpaceAreNamed) {
  auto error = [&](SourceStudy source) {
    options_.sources = {std::move(source)};
    return Run().error().message;
  };
  EXPECT_THAT(error({"past", {{{9, 0, 0, 0, 0}}}, {1}}), HasSubstr("source 0"));
  EXPECT_THAT(error({"past", {}, {1}}), HasSubstr("0 configurations have 1"));
  EXPECT_THAT(error({"past",
                     {{{0, 0, 0, 0, 0}}},
                     {std::numeric_limits<double>::infinity()}}),
              HasSubstr("configuration 0 has a score that is not finite"));
}

// Remembers what it was to learn from.
class SourceListener final : public Strategy {
 public:
  explicit SourceListener(std::vector<std::string>& names) : names_(names) {}
  Status MetaLearn(std::span<const SourceStudy> sources) override {
    for (const SourceStudy& source : sources) names_.push_back(source.name);
    return {};
  }
  Status Observe(std::span<const Trial>) override { return {}; }
  Result<std::vector<Suggestion>> Suggest(int) override {
    return std::vector<Suggestion>();
  }
  void MarkPending(std::span<const Suggestion>) override {}
  Result<std::vector<Suggestion>> Recommend(int) override {
    return std::vector<Suggestion>();
  }

 private:
  std::vector<std::string>& names_;
};

TEST_F(StudyTest, LearnsFromSourcesAndThenFromTheTrialsOtherMetrics) {
  std::vector<std::string> names;
  strategy_ = std::make_unique<SourceListener>(names);
  options_.sources = {{"past", {{{3, 3, 3, 3, 3}}}, {1}}};
  ASSERT_TRUE(Run());
  EXPECT_THAT(names, ElementsAre("past", "sum", "noise"));
}

// A baseline is a reference: it may cost more than what is searched.
TEST_F(StudyTest, BaselinesMayBreakTheBudget) {
  function_ = [](auto&, auto&) { return Measurement{.objective = 1}; };
  options_.baselines = {{"all", {{3, 3, 3, 3, 3}}}};
  StudySummary summary =
      Run(rankadaptor::testing::MakeBudgetSpace(5, 4, 5)).value();
  EXPECT_EQ(summary.candidates.back().objective.num_samples, 2);
}

}  // namespace
}  // namespace rankadaptor
