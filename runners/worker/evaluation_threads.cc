#include "runners/worker/evaluation_threads.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/search/trial_evaluation.h"

namespace rankadaptor::runners {
namespace {

// A lease survives the loss of two heartbeats.
constexpr double kHeartbeatsInLease = 3;
constexpr double kLongestWaitSeconds = 1;
// Between two looks for trials, should no news come.
constexpr double kPatienceSeconds = 2;

std::string Name(const Trial& trial) {
  return "trial " + std::to_string(trial.id);
}

}  // namespace

EvaluationThreads::EvaluationThreads(WorkQueue& queue,
                                     EvaluationOptions options)
    : queue_(queue), options_(std::move(options)) {
  threads_.emplace_back([this] { SendHeartbeats(); });
  for (int i = 0; i < options_.num_threads; ++i) {
    threads_.emplace_back([this] { TakeTrials(); });
  }
}

EvaluationThreads::~EvaluationThreads() { Stop(); }

StudyNews EvaluationThreads::news() const {
  std::lock_guard lock(mutex_);
  return news_;
}

void EvaluationThreads::WaitForNews(int64_t number, double seconds) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::duration<double>(seconds), [&] {
    return news_.number > number || HasEnded();
  });
}

void EvaluationThreads::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void EvaluationThreads::SendHeartbeats() {
  const Clock& clock = SystemClock();
  const double interval = options_.lease_seconds / kHeartbeatsInLease;
  double next = clock.MonotonicSeconds();
  while (!HasEnded()) {
    if (clock.MonotonicSeconds() >= next) {
      next = clock.MonotonicSeconds() + interval;
      std::map<LeaseKey, bool> leases;
      {
        std::lock_guard lock(mutex_);
        leases = leases_;
      }
      auto beat = queue_.Heartbeat();
      if (!beat) return Fail(std::move(beat).error());
      Learn(*beat, leases);
    }
    const double wait = next - clock.MonotonicSeconds();
    if (queue_.WaitForNews(std::clamp(wait, 0.0, kLongestWaitSeconds))) {
      next = 0;  // what is new, the next heartbeat says
    }
  }
}

// What was held before the heartbeat and not during it is lost.
void EvaluationThreads::Learn(const Beat& beat,
                              const std::map<LeaseKey, bool>& leases_before) {
  std::lock_guard lock(mutex_);
  for (const auto& [key, was_lost] : leases_before) {
    auto lease = leases_.find(key);
    if (lease == leases_.end()) continue;
    lease->second = std::ranges::find(beat.held, key) == beat.held.end();
  }
  news_.done = beat.done;
  news_.led = beat.led;
  ++news_.number;
  changed_.notify_all();
}

void EvaluationThreads::TakeTrials() {
  while (!HasEnded()) {
    const int64_t number = news().number;
    bool found = false;
    if (Status status = EvaluateNext(&found); !status) {
      return Fail(std::move(status).error());
    }
    if (!found) WaitForNews(number, kPatienceSeconds);
  }
}

Status EvaluationThreads::EvaluateNext(bool* found) {
  RA_ASSIGN_OR_RETURN(const std::optional<Lease> lease, queue_.Take());
  *found = lease.has_value();
  if (!lease) return {};
  {
    std::lock_guard lock(mutex_);
    leases_.emplace(lease->key(), false);
  }
  Status evaluated = Evaluate(*lease);
  std::lock_guard lock(mutex_);
  leases_.erase(lease->key());
  return evaluated;
}

Status EvaluationThreads::Evaluate(const Lease& lease) {
  const TrialHooks hooks = {
      .cancelled = [this, &lease] { return HasEnded() || IsLost(lease.key()); },
      .reported = {}};
  Trial evaluated =
      EvaluateTrial(*options_.evaluator, lease.trial, hooks, SystemClock());
  for (std::string& path : evaluated.artifacts) {
    path = options_.artifact_prefix + path;
  }
  if (evaluated.state == TrialState::kCancelled) {
    if (!IsLost(lease.key())) return queue_.GiveBack(lease);
    options_.log->Write(LogLevel::kWarning,
                        Name(evaluated) +
                            " was given up: its lease ran out while the "
                            "database did not answer, and another worker has "
                            "it");
    return {};
  }
  RA_ASSIGN_OR_RETURN(const bool stored, queue_.Finish(lease, evaluated));
  if (!stored) {
    options_.log->Write(LogLevel::kWarning,
                        Name(evaluated) +
                            " was evaluated in vain: its lease had run out, "
                            "and another worker has it");
  }
  return {};
}

bool EvaluationThreads::HasEnded() const {
  return stopped_ || options_.cancellation->cancelled();
}

bool EvaluationThreads::IsLost(const LeaseKey& key) const {
  std::lock_guard lock(mutex_);
  const auto lease = leases_.find(key);
  return lease != leases_.end() && lease->second;
}

void EvaluationThreads::Fail(Error error) {
  std::lock_guard lock(mutex_);
  if (!HasEnded() && !news_.failure) news_.failure = std::move(error);
  stopped_ = true;
  ++news_.number;
  changed_.notify_all();
}

}  // namespace rankadaptor::runners
