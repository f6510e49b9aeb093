// A study whose evaluator goes wrong in every way, a thousand times: it is
// whole, and every trial says what happened to it.
#include <map>

#include <gmock/gmock.h>

#include "rankadaptor/process/process_evaluator.h"
#include "rankadaptor/search/strategy_factory.h"
#include "rankadaptor/search/study.h"

#include "runners/store/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/process/fault_clock.h"
#include "tests/unit/process/faults.h"

namespace rankadaptor::runners {
namespace {

using process::ProcessEvaluator;
using process::ProcessOptions;
using rankadaptor::testing::Fault;
using rankadaptor::testing::FaultClock;
using rankadaptor::testing::kFaults;
using rankadaptor::testing::TemporaryFolder;
using ::testing::HasSubstr;

constexpr int kNumTrials = 1050;  // a few of them are as they should be

void CheckTrial(const Trial& trial, const SearchSpace& space) {
  const Fault& fault = kFaults[trial.configuration.choices[0]];
  EXPECT_EQ(trial.state, fault.state) << fault.name << ": " << trial.reason;
  if (fault.state == TrialState::kComplete) {
    const std::vector<double> values = space.Values(trial.configuration);
    EXPECT_EQ(trial.measurement.objective, 10 * values[1] + values[0]);
  } else {
    EXPECT_THAT(trial.reason, HasSubstr(fault.reason));
  }
}

TEST(FaultStudy, AThousandFaultsLeaveACompleteStudy) {
  const TemporaryFolder folder;
  FaultClock clock;
  ProcessOptions process;
  process.command = {FAULT_EVALUATOR, folder.path().string()};
  process.num_workers = 3;
  process.trial_timeout_seconds = 1e9;
  process.memory_bytes = uint64_t{1} << 28;
  auto evaluator = ProcessEvaluator::Create(process, clock).value();
  evaluator->LogTo(clock);
  const SearchSpace space = *evaluator->space();

  auto store =
      SqliteStore::Create(folder / "a.study.db", {}, Durability::kKilledProcess)
          .value();
  StudyOptions options;
  options.seed = 5;
  options.num_initial_trials = kNumTrials;
  options.max_trials = kNumTrials;
  options.num_workers = process.num_workers;
  options.num_confirm_seeds = 1;
  auto study =
      Study::Create(options,
                    space,
                    {.evaluator = evaluator.get(),
                     .store = store.get(),
                     .strategy = MakeStrategy("random", space, {}).value(),
                     .cancellation = nullptr})
          .value();
  auto summary = study->Run();
  ASSERT_TRUE(summary) << summary.error().message;

  std::map<int32_t, int> num_trials;
  int num_faults = 0;
  const std::vector<Trial> trials = store->LoadTrials().value();
  for (size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].id, static_cast<int64_t>(i));
    CheckTrial(trials[i], space);
    ++num_trials[trials[i].configuration.choices[0]];
    num_faults += trials[i].configuration.choices[0] != 0 ? 1 : 0;
  }
  EXPECT_GE(std::ssize(trials), kNumTrials);
  EXPECT_GE(num_faults, 1000);
  EXPECT_EQ(std::ssize(num_trials), std::ssize(kFaults));
}

}  // namespace
}  // namespace rankadaptor::runners
