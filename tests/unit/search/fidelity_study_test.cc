// Studies whose evaluator can be run short.
#include <set>

#include <gmock/gmock.h>

#include "rankadaptor/search/ask_tell_study.h"
#include "rankadaptor/search/study.h"

#include "tests/unit/search/study_fixture.h"

namespace rankadaptor {
namespace {

using ::rankadaptor::testing::FunctionEvaluator;
using ::rankadaptor::testing::MakeSpace;
using ::rankadaptor::testing::ManualClock;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::vector<double> kFidelities = {0.25, 1};

SearchSpace Space() { return MakeSpace(6, 4); }

// Short measurements have an offset and a bias against the last parameter.
double Value(const Configuration& x, double fidelity) {
  double sum = 0;
  for (int32_t choice : x.choices) sum += choice;
  return fidelity == 1 ? sum : sum - 10 - 0.2 * x.choices[5];
}

std::unique_ptr<Strategy> MakeScreening() {
  return MakeStrategy(
             "structured", Space(), {.seed = 5, .fidelities = kFidelities})
      .value();
}

StudyOptions Options() {
  StudyOptions options;
  options.seed = 5;
  options.num_initial_trials = 8;
  options.max_trials = 12;
  options.batch_size = 2;
  options.convergence_rounds = 0;
  options.num_confirm_seeds = 2;
  return options;
}

struct Outcome {
  Result<StudySummary> summary;
  std::vector<Trial> trials;
};

Outcome RunScreening(const StudyOptions& options,
                     const std::vector<Trial>& stored = {},
                     std::vector<double> offered = kFidelities) {
  MemoryStore store;
  for (const Trial& trial : stored) (void)store.AppendTrial(trial);
  ManualClock clock;
  FunctionEvaluator evaluator(
      [](const Configuration& x, TrialContext& trial) {
        return Measurement{.objective = Value(x, trial.fidelity())};
      },
      true,
      std::move(offered));
  auto study = Study::Create(options,
                             Space(),
                             {.evaluator = &evaluator,
                              .store = &store,
                              .strategy = MakeScreening(),
                              .clock = &clock});
  if (!study) return {tl::make_unexpected(study.error()), {}};
  auto summary = (*study)->Run();
  return {std::move(summary), store.LoadTrials().value()};
}

TEST(FidelityStudy, ScreensShortAndMeasuresThePromisingInFull) {
  const Outcome outcome = RunScreening(Options());
  const StudySummary& summary = outcome.summary.value();
  int num_short = 0;
  std::set<Configuration> full;
  std::set<Configuration> screened;
  for (const Trial& trial : outcome.trials) {
    if (trial.split == ItemSplit::kConfirm) {
      EXPECT_EQ(trial.fidelity, 1);
    } else if (trial.fidelity == 1) {
      // Promoted, once.
      EXPECT_TRUE(screened.contains(trial.configuration));
      EXPECT_TRUE(full.insert(trial.configuration).second);
    } else {
      EXPECT_EQ(trial.fidelity, 0.25);
      EXPECT_TRUE(screened.insert(trial.configuration).second);
      ++num_short;
    }
  }
  EXPECT_GT(num_short, 20);
  EXPECT_GT(full.size(), 1);
  EXPECT_EQ(summary.search_cost,
            0.25 * num_short + static_cast<double>(full.size()));
  EXPECT_GE(summary.search_cost, 12);
  EXPECT_LT(summary.search_cost, 13);
  // What screenings cannot tell is no best observed result.
  EXPECT_TRUE(full.contains(summary.best_observed->configuration));
  EXPECT_GE(summary.best_observed->measurement.objective, 17);
}

TEST(FidelityStudy, WorkersAndKillsDoNotMatter) {
  StudyOptions options = Options();
  options.num_initial_trials = 4;
  options.max_trials = 5;
  const Outcome whole = RunScreening(options);
  ASSERT_TRUE(whole.summary);
  ASSERT_GT(whole.summary->search_cost, 4);
  StudyOptions parallel = options;
  parallel.num_workers = 8;
  EXPECT_EQ(RunScreening(parallel).trials, whole.trials);
  for (size_t kept = 0; kept < whole.trials.size(); kept += 3) {
    const std::vector<Trial> stored(
        whole.trials.begin(),
        whole.trials.begin() + static_cast<std::ptrdiff_t>(kept));
    const Outcome resumed = RunScreening(options, stored);
    ASSERT_EQ(resumed.trials, whole.trials) << kept;
    ASSERT_EQ(*resumed.summary, *whole.summary) << kept;
  }
}

TEST(FidelityStudy, TheEvaluatorMustOfferWhatTheStrategyWants) {
  EXPECT_THAT(RunScreening(Options(), {}, {0.5, 1}).summary.error().message,
              HasSubstr("fidelity 0.250000, which evaluator 'function'"));
  EXPECT_THAT(RunScreening(Options(), {}, {1, 0.25}).summary.error().message,
              HasSubstr("not strictly ascending"));
}

TEST(FidelityStudy, AskTellScreensAndSurvivesBeingKilled) {
  auto open = [](Store& store) {
    return AskTellStudy::Create(
               Space(),
               {.store = &store, .strategy = MakeScreening(), .sources = {}})
        .value();
  };
  MemoryStore one;
  MemoryStore other;
  auto whole = open(one);
  int num_full = 0;
  for (int i = 0; i < 40; ++i) {
    auto killed = open(other);  // anew for each trial
    const auto expected = whole->Ask(1).value();
    const auto asked = killed->Ask(1).value();
    ASSERT_THAT(asked, SizeIs(1));
    ASSERT_EQ(asked[0].configuration, expected[0].configuration);
    ASSERT_EQ(asked[0].fidelity, expected[0].fidelity);
    const double score = Value(asked[0].configuration, asked[0].fidelity);
    ASSERT_TRUE(whole->Tell(asked[0].id, score));
    ASSERT_TRUE(killed->Tell(asked[0].id, score));
    num_full += asked[0].fidelity == 1 ? 1 : 0;
  }
  EXPECT_GT(num_full, 1);
  EXPECT_LT(num_full, 12);
  auto asked = whole->Ask(1).value();
  EXPECT_FALSE(whole->Tell(asked[0].id, 1, 0.5));
  EXPECT_TRUE(whole->Tell(asked[0].id, 1, 1.0));
}

TEST(FidelityStudy, ASmallSpaceEndsWithEverythingMeasuredInFull) {
  const SearchSpace space = MakeSpace(2, 3);
  auto strategy =
      MakeStrategy("structured", space, {.fidelities = kFidelities}).value();
  std::map<Configuration, double> highest;
  for (int64_t id = 0; id < 18; ++id) {
    const auto suggestions = strategy->Suggest(1).value();
    ASSERT_THAT(suggestions, SizeIs(1)) << id;
    const Suggestion& s = suggestions[0];
    EXPECT_GT(s.fidelity, highest[s.configuration]);
    highest[s.configuration] = s.fidelity;
    Trial trial = testing::MakeTrial(
        id, s.configuration.choices, s.configuration.choices[0] + s.fidelity);
    trial.fidelity = s.fidelity;
    ASSERT_TRUE(strategy->Observe(std::span(&trial, 1)));
  }
  EXPECT_THAT(strategy->Suggest(1).value(), SizeIs(0));
}

}  // namespace
}  // namespace rankadaptor
