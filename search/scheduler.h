// Evaluates planned trials, several at a time, and turns whatever an evaluator
// does - errors, exceptions, numbers that are none - into finished trials.
//
// Trials start in the order given. With one worker, or an evaluator that is not
// thread-safe, they run one after another on the caller's thread; otherwise on
// TBB threads.
#ifndef RANKADAPTOR_SEARCH_SCHEDULER_H_
#define RANKADAPTOR_SEARCH_SCHEDULER_H_

#include <optional>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor::internal {

// Told what happens, by several threads but one at a time.
class SchedulerListener {
 public:
  virtual ~SchedulerListener() = default;
  virtual void TrialStarted(const Trial& trial) = 0;
  virtual void TrialReported(const Trial& trial,
                             double fraction_done,
                             double value) = 0;
  // An error stops the scheduler; trials that are running are still told.
  virtual Status TrialFinished(const Trial& trial) = 0;
};

// Where trials to evaluate come from; asked by several threads, but one at a
// time and never while the listener is told.
class TrialSource {
 public:
  virtual ~TrialSource() = default;
  // The next one, or none: the asking worker ends. An error stops the scheduler
  // as one of the listener does.
  virtual Result<std::optional<Trial>> Next() = 0;
};

class Scheduler {
 public:
  // `evaluator`, `cancellation` (may be null) and `clock` are borrowed.
  Scheduler(Evaluator& evaluator,
            int num_workers,
            const CancellationFlag* cancellation,
            const Clock& clock);

  // Trials that are evaluated at the same time, at most.
  int concurrency() const { return concurrency_; }

  // Returns when every trial was finished. If the cancellation flag is set,
  // starts no more, waits for those that run, and returns kCancelled; the
  // listener is not told of trials that were given up. Fails as the listener
  // does.
  Status Evaluate(const std::vector<Trial>& planned,
                  SchedulerListener& listener);

  // The same for trials that are decided while others run: with as many workers
  // as there may be, each of which asks `source` when it is free.
  Status Evaluate(TrialSource& source, SchedulerListener& listener);

 private:
  class Run;

  Status RunWorkers(Run& run, int num_workers);

  Evaluator& evaluator_;
  int concurrency_;
  const CancellationFlag* cancellation_;
  const Clock& clock_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_SCHEDULER_H_
