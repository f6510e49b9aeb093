#include "search/progress_meter.h"

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using rankadaptor::testing::MakeTrial;
using rankadaptor::testing::ManualClock;

TEST(ProgressMeter, TimeLeftIsWhatTheRestWouldTake) {
  ManualClock clock;
  clock.Advance(100);
  ProgressMeter meter(clock, /*concurrency=*/2);
  meter.Plan(10);
  EXPECT_FALSE(meter.Now().seconds_left);
  Trial trial = MakeTrial(0, {0}, 0);
  trial.duration_seconds = 4;
  meter.Count(trial);
  trial.duration_seconds = 6;
  meter.Count(trial);
  clock.Advance(7);
  StudyProgress now = meter.Now();
  EXPECT_EQ(now.num_trials_done, 2);
  EXPECT_EQ(now.elapsed_seconds, 7);
  EXPECT_EQ(now.seconds_left, 20);  // 8 trials of 5 s, two at a time
}

TEST(ProgressMeter, NothingIsLeftWhenMoreThanPlannedIsDone) {
  ManualClock clock;
  ProgressMeter meter(clock, 1);
  meter.Plan(0);
  meter.Count(MakeTrial(0, {0}, 0));
  EXPECT_EQ(meter.Now().seconds_left, 0);
}

}  // namespace
}  // namespace rankadaptor::internal
