#include "search/scheduler.h"

#include <limits>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using rankadaptor::testing::FunctionEvaluator;
using rankadaptor::testing::ManualClock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RecordingListener : public TrialListener {
 public:
  void TrialStarted(const Trial& trial) override {
    started.push_back(trial.id);
  }
  void TrialReported(const Trial& trial, double fraction, double) override {
    reports.emplace_back(trial.id, fraction);
  }
  Status TrialFinished(const Trial& trial) override {
    finished.push_back(trial);
    return {};
  }

  std::vector<int64_t> started;
  std::vector<std::pair<int64_t, double>> reports;
  std::vector<Trial> finished;
};

std::vector<Trial> PlanTrials(int count) {
  std::vector<Trial> planned(count);
  for (int i = 0; i < count; ++i) {
    planned[i].id = i;
    planned[i].configuration.choices = {i};
  }
  return planned;
}

Trial EvaluateOne(FunctionEvaluator::Function function,
                  const CancellationFlag* cancellation = nullptr) {
  FunctionEvaluator evaluator(std::move(function));
  RecordingListener listener;
  Scheduler scheduler(evaluator, 1, cancellation, SystemClock());
  EXPECT_TRUE(scheduler.Evaluate(PlanTrials(1), listener));
  return listener.finished.at(0);
}

TEST(Scheduler, StoresMeasurementReportAndDuration) {
  ManualClock clock;
  FunctionEvaluator evaluator([&](const Configuration& x, TrialContext& trial) {
    trial.Report(0.5, 1);
    clock.Advance(3);
    return Measurement{.objective = 10.0 + x.choices[0]};
  });
  RecordingListener listener;
  Scheduler scheduler(evaluator, 1, nullptr, clock);
  ASSERT_TRUE(scheduler.Evaluate(PlanTrials(2), listener));
  EXPECT_THAT(listener.started, ElementsAre(0, 1));
  EXPECT_THAT(
      listener.reports,
      ElementsAre(std::pair<int64_t, double>(0, 0.5), std::pair(1, 0.5)));
  ASSERT_THAT(listener.finished, SizeIs(2));
  EXPECT_EQ(listener.finished[1].state, TrialState::kComplete);
  EXPECT_EQ(listener.finished[1].measurement.objective, 11);
  EXPECT_EQ(listener.finished[1].duration_seconds, 3);
}

TEST(Scheduler, ErrorsMakeFailedTrialsWithAReason) {
  Trial failed = EvaluateOne([](auto&, auto&) -> Result<Measurement> {
    return ResourceExhausted("out of memory");
  });
  EXPECT_EQ(failed.state, TrialState::kFailed);
  EXPECT_EQ(failed.reason, "out of memory");
  Trial infeasible = EvaluateOne([](auto&, auto&) -> Result<Measurement> {
    return InvalidArgument("too wide");
  });
  EXPECT_EQ(infeasible.state, TrialState::kInfeasible);
}

TEST(Scheduler, ExceptionsMakeFailedTrials) {
  Trial trial = EvaluateOne([](auto&, auto&) -> Result<Measurement> {
    throw std::runtime_error("boom");
  });
  EXPECT_EQ(trial.state, TrialState::kFailed);
  EXPECT_THAT(trial.reason, HasSubstr("boom"));
  trial = EvaluateOne([](auto&, auto&) -> Result<Measurement> { throw 42; });
  EXPECT_EQ(trial.state, TrialState::kFailed);
  EXPECT_THAT(trial.reason, HasSubstr("no exception"));
}

TEST(Scheduler, ObjectivesThatAreNoNumbersMakeFailedTrials) {
  for (double value : {std::numeric_limits<double>::quiet_NaN(),
                       std::numeric_limits<double>::infinity()}) {
    Trial trial = EvaluateOne(
        [&](auto&, auto&) { return Measurement{.objective = value}; });
    EXPECT_EQ(trial.state, TrialState::kFailed);
    EXPECT_THAT(trial.reason, HasSubstr("objective"));
  }
}

// The store would refuse it, and with it the study.
TEST(Scheduler, AMetricThatIsNoNumberMakesAFailedTrial) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Trial trial = EvaluateOne([&](auto&, auto&) {
    return Measurement{.objective = 1, .metrics = {{"a", 1}, {"loss", nan}}};
  });
  EXPECT_EQ(trial.state, TrialState::kFailed);
  EXPECT_EQ(trial.reason, "metric 'loss' is nan");
}

TEST(Scheduler, GivingUpUnaskedIsAFailure) {
  Trial trial = EvaluateOne(
      [](auto&, auto&) -> Result<Measurement> { return Cancelled("no more"); });
  EXPECT_EQ(trial.state, TrialState::kFailed);
}

TEST(Scheduler, CancellationDropsTheRunningTrialAndStartsNoMore) {
  CancellationFlag flag;
  FunctionEvaluator evaluator(
      [&](const Configuration& x, TrialContext& trial) -> Result<Measurement> {
        if (x.choices[0] == 1) flag.Cancel();
        if (trial.cancelled()) return Cancelled("given up");
        return Measurement{};
      });
  RecordingListener listener;
  Scheduler scheduler(evaluator, 1, &flag, SystemClock());
  Status status = scheduler.Evaluate(PlanTrials(4), listener);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
  EXPECT_THAT(listener.started, ElementsAre(0, 1));
  EXPECT_THAT(listener.finished, SizeIs(1));
}

TEST(Scheduler, AListenersErrorStopsTheRest) {
  class FullDisk final : public RecordingListener {
   public:
    Status TrialFinished(const Trial&) override {
      return ResourceExhausted("disk full");
    }
  };
  FunctionEvaluator evaluator([](auto&, auto&) { return Measurement{}; });
  FullDisk listener;
  Scheduler scheduler(evaluator, 1, nullptr, SystemClock());
  Status status = scheduler.Evaluate(PlanTrials(4), listener);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "disk full");
  EXPECT_THAT(listener.started, SizeIs(1));
}

TEST(Scheduler, NothingToDoIsDone) {
  FunctionEvaluator evaluator([](auto&, auto&) { return Measurement{}; });
  RecordingListener listener;
  Scheduler scheduler(evaluator, 4, nullptr, SystemClock());
  EXPECT_TRUE(scheduler.Evaluate({}, listener));
  EXPECT_THAT(listener.started, IsEmpty());
}

// Two evaluations wait for each other, so they must run at the same time.
TEST(Scheduler, WorkersEvaluateAtTheSameTime) {
  std::atomic<int> arrived = 0;
  FunctionEvaluator evaluator([&](auto&, auto&) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
    return Measurement{};
  });
  RecordingListener listener;
  Scheduler scheduler(evaluator, 2, nullptr, SystemClock());
  ASSERT_TRUE(scheduler.Evaluate(PlanTrials(2), listener));
  EXPECT_THAT(listener.finished, SizeIs(2));
}

TEST(Scheduler, EvaluatorsThatAreNotThreadSafeAreCalledOneAtATime) {
  const auto caller = std::this_thread::get_id();
  FunctionEvaluator evaluator(
      [&](auto&, auto&) {
        EXPECT_EQ(std::this_thread::get_id(), caller);
        return Measurement{};
      },
      /*thread_safe=*/false);
  RecordingListener listener;
  Scheduler scheduler(evaluator, 8, nullptr, SystemClock());
  EXPECT_EQ(scheduler.concurrency(), 1);
  ASSERT_TRUE(scheduler.Evaluate(PlanTrials(8), listener));
  EXPECT_THAT(listener.finished, SizeIs(8));
}

// The listener has no lock of its own: the thread sanitizer sees it if two
// calls overlap.
TEST(Scheduler, ListenersAreCalledOneAtATime) {
  FunctionEvaluator evaluator([](auto&, TrialContext& trial) {
    trial.Report(0.5, 0);
    return Measurement{};
  });
  RecordingListener listener;
  Scheduler scheduler(evaluator, 8, nullptr, SystemClock());
  ASSERT_TRUE(scheduler.Evaluate(PlanTrials(200), listener));
  EXPECT_THAT(listener.finished, SizeIs(200));
  EXPECT_THAT(listener.reports, SizeIs(200));
}

}  // namespace
}  // namespace rankadaptor::internal
