// A study's result is a function of its options alone: not of threads, of the
// order in which trials finish, or of how often it was killed.
#include <thread>

#include <gmock/gmock.h>

#include "tests/unit/search/study_fixture.h"

namespace rankadaptor {
namespace {

using ::rankadaptor::testing::FunctionEvaluator;
using ::rankadaptor::testing::MakeSmallStrategy;
using ::rankadaptor::testing::ManualClock;
using ::rankadaptor::testing::Measure;
using ::rankadaptor::testing::RunStudy;
using ::rankadaptor::testing::SmallSpace;
using ::rankadaptor::testing::SmallStudy;
using ::rankadaptor::testing::StudyRun;
using ::testing::HasSubstr;

class StudyRepeatTest : public ::testing::TestWithParam<const char*> {
 protected:
  StudyRun Run(const StudyOptions& options,
               const std::vector<Trial>& stored = {},
               int cancel_after = 1 << 30) {
    return RunStudy(options, stored, cancel_after, GetParam());
  }
};

TEST_P(StudyRepeatTest, NumberOfWorkersDoesNotMatter) {
  StudyOptions options = SmallStudy();
  options.batch_size = 4;
  options.max_trials = 16;
  StudyRun one = Run(options);
  for (int num_workers : {2, 8}) {
    options.num_workers = num_workers;
    StudyRun many = Run(options);
    EXPECT_EQ(many.trials, one.trials);
    EXPECT_EQ(*many.summary, *one.summary);
  }
}

// Each pair of neighbouring trials finishes in reverse order.
TEST_P(StudyRepeatTest, OrderInWhichTrialsFinishDoesNotMatter) {
  StudyOptions options = SmallStudy();
  options.batch_size = 2;
  StudyRun expected = Run(options);
  options.num_workers = 2;
  MemoryStore store;
  ManualClock clock;
  std::atomic<int> reversed = 0;
  std::array<std::atomic<bool>, 64> finished{};
  FunctionEvaluator evaluator([&](const Configuration& x, TrialContext& trial) {
    const int64_t id = trial.trial_id();
    // Trial ids of a batch are even, odd.
    if (id % 2 == 0) {
      for (int i = 0; i < 100000 && !finished[id + 1]; ++i) {
        std::this_thread::yield();
      }
      reversed += finished[id + 1];
    }
    auto measured = Measure(x, trial.seed());
    finished[id] = true;
    return measured;
  });
  auto study = Study::Create(options,
                             SmallSpace(),
                             {.evaluator = &evaluator,
                              .store = &store,
                              .strategy = MakeSmallStrategy(GetParam()),
                              .clock = &clock})
                   .value();
  EXPECT_EQ(study->Run().value(), *expected.summary);
  EXPECT_EQ(store.LoadTrials().value(), expected.trials);
  EXPECT_GT(reversed, 0);
}

// What a kill may leave: everything before a block of trials that are evaluated
// together, and any subset of the block.
std::vector<std::vector<Trial>> PossibleCuts(const std::vector<Trial>& trials) {
  std::vector<std::vector<Trial>> cuts;
  const std::vector<size_t> borders = {0, 4, 7, 10, trials.size()};
  for (size_t block = 0; block + 1 < borders.size(); ++block) {
    const size_t begin = borders[block];
    const size_t size = borders[block + 1] - begin;
    for (size_t subset = 0; subset < (size_t{1} << size); ++subset) {
      std::vector<Trial> cut(trials.begin(), trials.begin() + begin);
      for (size_t i = 0; i < size; ++i) {
        if (subset >> i & 1) cut.push_back(trials[begin + i]);
      }
      cuts.push_back(std::move(cut));
    }
  }
  return cuts;
}

TEST_P(StudyRepeatTest, AStudyKilledAnywhereEndsAsIfNothingHadHappened) {
  const StudyRun whole = Run(SmallStudy());
  ASSERT_EQ(whole.trials[4].purpose, TrialPurpose::kSearch);
  ASSERT_EQ(whole.trials[10].split, ItemSplit::kConfirm);
  for (const std::vector<Trial>& cut : PossibleCuts(whole.trials)) {
    StudyRun resumed = Run(SmallStudy(), cut);
    ASSERT_EQ(resumed.trials, whole.trials);
    ASSERT_EQ(*resumed.summary, *whole.summary);
    // Nothing was done twice.
    ASSERT_EQ(resumed.evaluated.size(), whole.trials.size() - cut.size());
    for (const Trial& trial : cut) {
      ASSERT_FALSE(resumed.evaluated.contains(trial.id));
    }
  }
}

TEST_P(StudyRepeatTest, AStudyStoppedOnRequestSaysSoAndGoesOn) {
  const StudyRun whole = Run(SmallStudy());
  const auto num_trials = static_cast<int>(whole.trials.size());
  for (int after = 1; after < num_trials; ++after) {
    StudyRun stopped = Run(SmallStudy(), {}, after);
    ASSERT_FALSE(stopped.summary);
    EXPECT_EQ(stopped.summary.error().code, ErrorCode::kCancelled);
    EXPECT_THAT(stopped.summary.error().message,
                HasSubstr("after " + std::to_string(after) + " trials"));
    StudyRun resumed = Run(SmallStudy(), stopped.trials);
    EXPECT_EQ(resumed.trials, whole.trials);
    EXPECT_EQ(*resumed.summary, *whole.summary);
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies,
                         StudyRepeatTest,
                         ::testing::Values("paper", "random", "structured"));

}  // namespace
}  // namespace rankadaptor
