#include "search/scheduler.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "rankadaptor/search/trial_evaluation.h"

namespace rankadaptor::internal {
namespace {

// Trials that were decided before.
class PlannedTrials final : public TrialSource {
 public:
  explicit PlannedTrials(const std::vector<Trial>& planned)
      : planned_(planned) {}
  Result<std::optional<Trial>> Next() override {
    if (next_ == planned_.size()) return std::optional<Trial>();
    return planned_[next_++];
  }
  bool exhausted() const { return next_ == planned_.size(); }

 private:
  const std::vector<Trial>& planned_;
  size_t next_ = 0;
};

}  // namespace

// One call of Evaluate(): what its workers share.
class Scheduler::Run {
 public:
  Run(Scheduler& scheduler, TrialSource& source, TrialListener& listener)
      : scheduler_(scheduler), source_(source), listener_(listener) {}

  // Takes trial after trial until none is left or the run is stopped.
  void Work() {
    while (!stopped_ && !Cancelled()) {
      std::optional<Trial> trial = Take();
      if (!trial) return;
      EvaluateOne(*trial);
    }
  }

  const Status& status() const { return status_; }
  // Every trial that was started is finished.
  bool AllFinished() const { return num_finished_ == num_started_; }

  bool Cancelled() const {
    return scheduler_.cancellation_ != nullptr &&
           scheduler_.cancellation_->cancelled();
  }

  static Status GivenUp() {
    return rankadaptor::Cancelled("trials were given up on request");
  }

 private:
  std::optional<Trial> Take() {
    std::lock_guard lock(mutex_);
    if (stopped_) return std::nullopt;
    auto next = source_.Next();
    if (!next) {
      Stop(tl::make_unexpected(std::move(next).error()));
      return std::nullopt;
    }
    if (!*next) return std::nullopt;
    ++num_started_;
    listener_.TrialStarted(**next);
    return *std::move(next);
  }

  void Stop(Status status) {
    if (status_) status_ = std::move(status);
    stopped_ = true;
  }

  void EvaluateOne(const Trial& trial) {
    const TrialHooks hooks = {
        .cancelled = [this] { return Cancelled(); },
        .reported =
            [this, &trial](double fraction_done, double value) {
              std::lock_guard lock(mutex_);
              listener_.TrialReported(trial, fraction_done, value);
            }};
    const Trial evaluated =
        EvaluateTrial(scheduler_.evaluator_, trial, hooks, scheduler_.clock_);
    if (evaluated.state != TrialState::kCancelled) Finish(evaluated);
  }

  void Finish(const Trial& trial) {
    std::lock_guard lock(mutex_);
    Status status = listener_.TrialFinished(trial);
    if (status) {
      ++num_finished_;
    } else {
      Stop(std::move(status));
    }
  }

  Scheduler& scheduler_;
  TrialSource& source_;
  TrialListener& listener_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;  // guards the rest, and calls of source and listener
  size_t num_started_ = 0;
  size_t num_finished_ = 0;
  Status status_;
};

Scheduler::Scheduler(Evaluator& evaluator,
                     int num_workers,
                     const CancellationFlag* cancellation,
                     const Clock& clock)
    : evaluator_(evaluator),
      concurrency_(evaluator.capabilities().thread_safe ? num_workers : 1),
      cancellation_(cancellation),
      clock_(clock) {}

// What was cancelled after the last trial finished is done all the same.
Status Scheduler::Evaluate(const std::vector<Trial>& planned,
                           TrialListener& listener) {
  PlannedTrials source(planned);
  Run run(*this, source, listener);
  RA_RETURN_IF_ERROR(RunWorkers(
      run, std::min(concurrency_, static_cast<int>(planned.size()))));
  if (source.exhausted() && run.AllFinished()) return {};
  return Run::GivenUp();
}

Status Scheduler::Evaluate(TrialSource& source, TrialListener& listener) {
  Run run(*this, source, listener);
  RA_RETURN_IF_ERROR(RunWorkers(run, concurrency_));
  if (run.AllFinished() && !run.Cancelled()) return {};
  return Run::GivenUp();
}

// Fails as the listener or the source did.
Status Scheduler::RunWorkers(Run& run, int num_workers) {
  if (num_workers <= 1) {
    run.Work();
    return run.status();
  }
  // Evaluations may wait for a device or a child process, so that more workers
  // than cores make sense.
  tbb::global_control threads(
      tbb::global_control::max_allowed_parallelism,
      std::max<size_t>(concurrency_, tbb::this_task_arena::max_concurrency()));
  tbb::task_arena arena(concurrency_);
  arena.execute([&] {
    // Isolated: a worker whose evaluator waits inside TBB must not start
    // another trial on top of the waiting one.
    auto work = [&](int) {
      tbb::this_task_arena::isolate([&] { run.Work(); });
    };
    tbb::parallel_for(0, num_workers, 1, work, tbb::simple_partitioner());
  });
  return run.status();
}

}  // namespace rankadaptor::internal
