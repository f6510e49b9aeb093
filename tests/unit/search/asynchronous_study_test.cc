// StudyOptions::asynchronous.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "rankadaptor/search/study.h"

#include "tests/unit/search/study_fixture.h"

namespace rankadaptor {
namespace {

using ::rankadaptor::testing::FunctionEvaluator;
using ::rankadaptor::testing::MakeSmallStrategy;
using ::rankadaptor::testing::MakeSpace;
using ::rankadaptor::testing::Measure;
using ::rankadaptor::testing::SmallSpace;
using ::rankadaptor::testing::StudyTest;
using ::testing::SizeIs;

class AsynchronousStudyTest : public StudyTest {
 protected:
  AsynchronousStudyTest() {
    options_.asynchronous = true;
    options_.num_workers = 3;
    options_.max_trials = 14;
  }
};

TEST_F(AsynchronousStudyTest, UsesItsBudgetAndRepeatsNothing) {
  StudySummary summary = Run().value();
  EXPECT_EQ(summary.stop_reason, StopReason::kTrialBudget);
  EXPECT_EQ(summary.num_initial_trials, 4);
  EXPECT_EQ(summary.num_search_trials, 10);
  std::set<Configuration> seen;
  for (const Trial& trial : Trials(TrialPurpose::kSearch)) {
    EXPECT_TRUE(seen.insert(trial.configuration).second);
  }
  EXPECT_TRUE(store_.LoadAsked().value().empty());
}

// Where trials still run when nothing is left beside them, none is added.
TEST_F(AsynchronousStudyTest, RunningTrialsCountAgainstTheBudget) {
  std::atomic<int> num_running = 0;
  function_ = [&](const Configuration& x, TrialContext& trial) {
    ++num_running;
    // The last three trials wait for each other.
    const bool last = trial.trial_id() >= 11;
    for (int i = 0; last && i < 1'000'000 && num_running < 14; ++i) {
      std::this_thread::yield();
    }
    return Measure(x, trial.seed());
  };
  EXPECT_EQ(Run().value().num_search_trials, 10);
}

// One trial takes as long as all others: they do not wait for it.
TEST_F(AsynchronousStudyTest, NoWorkerWaitsForASlowTrial) {
  std::atomic<int> num_finished = 0;
  std::atomic<bool> overtaken = false;
  function_ = [&](const Configuration& x, TrialContext& trial) {
    if (trial.trial_id() == 4) {
      for (int i = 0; i < 1'000'000 && num_finished < 9; ++i) {
        std::this_thread::yield();
      }
      overtaken = num_finished >= 9;
    }
    auto measured = Measure(x, trial.seed());
    if (trial.trial_id() > 4) ++num_finished;
    return measured;
  };
  ASSERT_TRUE(Run());
  EXPECT_TRUE(overtaken);
}

// With one worker nothing can overtake: a study killed anywhere ends as if
// nothing had happened, and what was running is evaluated first.
TEST_F(AsynchronousStudyTest, AKilledStudyGoesOn) {
  options_.num_workers = 1;
  StudySummary whole = Run().value();
  const std::vector<Trial> expected = store_.LoadTrials().value();
  for (int after = 1; after < 14; ++after) {
    store_ = MemoryStore();
    CancellationFlag kill;
    int num_evaluated = 0;
    FunctionEvaluator evaluator(
        [&](const Configuration& x,
            TrialContext& trial) -> Result<Measurement> {
          if (num_evaluated++ < after) return Measure(x, trial.seed());
          kill.Cancel();
          return Cancelled("killed");
        });
    auto killed = Study::Create(options_,
                                SmallSpace(),
                                {.evaluator = &evaluator,
                                 .store = &store_,
                                 .strategy = MakeSmallStrategy(),
                                 .cancellation = &kill,
                                 .clock = &clock_})
                      .value();
    EXPECT_EQ(killed->Run().error().code, ErrorCode::kCancelled);
    EXPECT_THAT(store_.LoadTrials().value(), SizeIs(after));
    EXPECT_EQ(Run().value(), whole);
    EXPECT_EQ(store_.LoadTrials().value(), expected);
  }
}

TEST_F(AsynchronousStudyTest, AnEndedStudyIsNotEvaluatedAgain) {
  StudySummary summary = Run().value();
  function_ = [](auto&, auto&) -> Result<Measurement> {
    ADD_FAILURE() << "evaluated again";
    return Measurement{};
  };
  EXPECT_EQ(Run().value(), summary);
}

TEST_F(AsynchronousStudyTest, StopsWhenTheSpaceIsExhausted) {
  options_.baselines.clear();
  StudySummary summary = Run(MakeSpace(2, 3)).value();
  EXPECT_EQ(summary.stop_reason, StopReason::kSpaceExhausted);
  EXPECT_EQ(summary.num_initial_trials + summary.num_search_trials, 9);
}

}  // namespace
}  // namespace rankadaptor
