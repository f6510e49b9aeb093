#include "evaluators/process/worker_pool.h"

#include <algorithm>
#include <string>
#include <utility>

namespace rankadaptor::process::internal {

// A slot for one trial.
class WorkerPool::Lease {
 public:
  explicit Lease(WorkerPool& pool) : pool_(pool) {
    std::unique_lock lock(pool_.mutex_);
    auto is_free = [](const Slot& slot) { return !slot.busy; };
    std::vector<Slot>& slots = pool_.slots_;
    auto found = slots.end();
    pool_.freed_.wait(lock, [&] {
      found = std::find_if(slots.begin(), slots.end(), is_free);
      return found != slots.end();
    });
    found->busy = true;
    slot_ = &*found;
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    {
      std::lock_guard lock(pool_.mutex_);
      slot_->busy = false;
    }
    pool_.freed_.notify_one();
  }
  Slot& slot() { return *slot_; }

 private:
  WorkerPool& pool_;
  Slot* slot_;
};

Result<std::unique_ptr<WorkerPool>> WorkerPool::Create(ProcessOptions options,
                                                       const Clock& clock) {
  std::unique_ptr<WorkerPool> pool(new WorkerPool(std::move(options), clock));
  Slot& first = pool->slots_.front();
  RA_ASSIGN_OR_RETURN(
      first.worker,
      Worker::Start(
          pool->options_, first.index, pool->launcher_, clock, *pool->log_, [] {
            return false;
          }));
  pool->introduction_ = first.worker->introduction();
  return pool;
}

WorkerPool::WorkerPool(ProcessOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      log_(options_.log),
      slots_(static_cast<size_t>(options_.num_workers)) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].index = static_cast<int>(i);
  }
}

void WorkerPool::LogTo(LogSink& log) {
  log_ = &log;
  for (Slot& slot : slots_) {
    if (slot.worker != nullptr) slot.worker->LogTo(log);
  }
}

void WorkerPool::EndIdleProcesses() {
  std::lock_guard lock(mutex_);
  for (Slot& slot : slots_) {
    if (!slot.busy) slot.worker.reset();
  }
}

Result<Measurement> WorkerPool::Evaluate(const Configuration& configuration,
                                         TrialContext& trial) {
  Lease lease(*this);
  Slot& slot = lease.slot();
  for (int retries = 0;;) {
    TrialEnd end = Try(slot, configuration, trial);
    if (end.worker_lost) slot.worker.reset();
    if (end.result || !end.may_succeed || trial.cancelled()) return end.result;
    // It was lost between two trials: this one is not to blame.
    if (end.began && retries++ == options_.max_retries) {
      end.result.error().message +=
          options_.max_retries > 0
              ? " (tried " + std::to_string(retries) + " times)"
              : "";
      return end.result;
    }
    Warn(slot,
         "trial " + std::to_string(trial.trial_id()) +
             " is tried again: " + end.result.error().message);
  }
}

TrialEnd WorkerPool::Try(Slot& slot,
                         const Configuration& configuration,
                         TrialContext& trial) {
  const bool used = slot.worker != nullptr;
  if (Status ready = Prepare(slot, trial); !ready) {
    return {.result = tl::make_unexpected(std::move(ready).error()),
            .worker_lost = true,
            .may_succeed = true};
  }
  TrialEnd end =
      slot.worker->Evaluate(configuration, *introduction_.space, trial);
  // A process that never had a trial before did not end between two.
  if (!used) end.began = true;
  return end;
}

// A process in the slot that is there, as far as can be seen.
Status WorkerPool::Prepare(Slot& slot, const TrialContext& trial) {
  if (slot.worker != nullptr && !slot.worker->Alive()) {
    Warn(slot, "went away between two trials; what it measured counts");
    slot.worker.reset();
  }
  if (slot.worker != nullptr) return {};
  auto worker =
      Worker::Start(options_, slot.index, launcher_, clock_, *log_, [&trial] {
        return trial.cancelled();
      });
  if (!worker) return tl::make_unexpected(std::move(worker).error());
  RA_RETURN_IF_ERROR(CheckSame((*worker)->introduction()));
  slot.worker = *std::move(worker);
  return {};
}

Status WorkerPool::CheckSame(const Introduction& other) const {
  const Introduction& first = introduction_;
  const bool same = other.capabilities.name == first.capabilities.name &&
                    other.capabilities.version == first.capabilities.version &&
                    other.space.has_value() == first.space.has_value() &&
                    (!first.space ||
                     first.space->Fingerprint() == other.space->Fingerprint());
  if (same) return {};
  return FailedPrecondition(
      "the evaluator that was started again is not the "
      "one that the study began with: it has another "
      "name, version or space");
}

void WorkerPool::Warn(const Slot& slot, const std::string& what) {
  log_->Write(LogLevel::kWarning,
              "evaluator worker " + std::to_string(slot.index) + ": " + what);
}

}  // namespace rankadaptor::process::internal
