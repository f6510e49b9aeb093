// The leader's side of a study in PostgreSQL: puts planned trials where workers
// take them (work_queue.h) and collects what they store.
#ifndef RANKADAPTOR_RUNNERS_WORKER_QUEUE_RUNNER_H_
#define RANKADAPTOR_RUNNERS_WORKER_QUEUE_RUNNER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/store.h"
#include "rankadaptor/search/trial_runner.h"

#include "runners/store/postgres_store.h"

namespace rankadaptor::runners {

// Only one process leads a study: whoever holds a lock of the session of this
// store. Everything that a leader writes goes through that session, so that who
// lost the lock with its connection can write nothing any more. Empty if
// another one leads. Errors as PostgresStore::Open.
Result<std::unique_ptr<PostgresStore>> TryToLead(
    const DatabaseLocation& location);

// The leader's store: trials come from workers, which have stored them.
//
// One thread at a time.
class LeaderStore final : public Store {
 public:
  // `store` is borrowed.
  explicit LeaderStore(PostgresStore& store) : store_(store) {}

  Result<std::vector<Trial>> LoadTrials() override {
    return store_.LoadTrials();
  }
  Status AppendTrial(const Trial& /*trial*/) override { return {}; }
  Result<std::vector<int64_t>> LoadAppendOrder() override {
    return store_.LoadAppendOrder();
  }
  // Also tells the workers.
  Status AppendAsked(std::span<const Trial> trials) override;
  Result<std::vector<Trial>> LoadAsked() override { return store_.LoadAsked(); }

 private:
  PostgresStore& store_;
};

// One thread at a time.
class QueueRunner final : public TrialRunner {
 public:
  // What is passed is borrowed; the store is of TryToLead().
  static Result<std::unique_ptr<QueueRunner>> Create(
      PostgresStore& store, const CancellationFlag& cancellation);

  // Of all workers together, when it was last looked at.
  int concurrency() const override { return num_slots_; }

  // Trials that were asked for already are left to who has them;
  // kFailedPrecondition if these are others than planned, as where two programs
  // decide trials differently. A trial whose workers were lost time and again
  // has failed. kUnavailable if the connection is lost.
  Status Evaluate(const std::vector<Trial>& planned,
                  TrialListener& listener) override;

  // Keeps as many trials asked for as there are places.
  Status Evaluate(TrialSource& source, TrialListener& listener) override;

 private:
  QueueRunner(PostgresStore& store, const CancellationFlag& cancellation)
      : store_(store), leader_store_(store), cancellation_(cancellation) {}

  Status Ask(const std::vector<Trial>& planned);
  Status AskMore(TrialSource& source, TrialListener& listener);
  Status Collect(TrialSource* source, TrialListener& listener);
  Result<bool> TakeFinished(TrialListener& listener);
  Status LookAfterWorkers();
  Result<std::vector<Trial>> ReadOpen();

  PostgresStore& store_;
  LeaderStore leader_store_;
  const CancellationFlag& cancellation_;
  int num_slots_ = 1;
  std::map<int64_t, Trial> open_;  // planned, not finished
  bool source_is_empty_ = false;
};

// The study has ended: tells the workers.
Status MarkDone(PostgresStore& store);

// The study goes on after its end.
Status MarkUndone(PostgresStore& store);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_WORKER_QUEUE_RUNNER_H_
