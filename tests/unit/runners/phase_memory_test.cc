#include "runners/report/phase_memory.h"

#include <gtest/gtest.h>

namespace rankadaptor::runners {
namespace {

TEST(PhaseMemory, IsThatOfTheProcessByPurpose) {
  PhaseMemoryRecorder recorder;
  EXPECT_TRUE(recorder.memory().empty());
  Trial trial;
  trial.purpose = TrialPurpose::kInitial;
  recorder.OnTrialStarted(trial, {});
  trial.purpose = TrialPurpose::kFinalist;
  recorder.OnTrialStarted(trial, {});
  recorder.OnTrialReport(trial, 0.5, 1);
  recorder.OnTrialFinished(trial, {});
  ASSERT_EQ(recorder.memory().size(), 3);
  for (const char* phase : {kSetupPhase, "initial", "finalist"}) {
    ASSERT_TRUE(recorder.memory().contains(phase)) << phase;
    EXPECT_GT(recorder.memory().at(phase), 1'000'000) << phase;
  }
}

TEST(PhaseMemory, ShowsWhatATrialHeldUntilItsReport) {
  PhaseMemoryRecorder recorder;
  Trial trial;
  recorder.OnTrialStarted(trial, {});
  const int64_t before = recorder.memory().at("search");
  {
    const std::string held(200'000'000, 'x');
    recorder.OnTrialReport(trial, 0.5, static_cast<double>(held.size()));
  }
  recorder.OnTrialFinished(trial, {});
  EXPECT_GT(recorder.memory().at("search"), before + 100'000'000);
}

}  // namespace
}  // namespace rankadaptor::runners
