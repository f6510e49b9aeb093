// Evaluates planned trials on this machine, several at a time.
//
// Trials start in the order given. With one worker, or an evaluator that is not
// thread-safe, they run one after another on the caller's thread; otherwise on
// TBB threads.
#ifndef RANKADAPTOR_SEARCH_SCHEDULER_H_
#define RANKADAPTOR_SEARCH_SCHEDULER_H_

#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/trial.h"
#include "rankadaptor/search/trial_runner.h"

namespace rankadaptor::internal {

class Scheduler final : public TrialRunner {
 public:
  // `evaluator`, `cancellation` (may be null) and `clock` are borrowed.
  Scheduler(Evaluator& evaluator,
            int num_workers,
            const CancellationFlag* cancellation,
            const Clock& clock);

  int concurrency() const override { return concurrency_; }

  // If the cancellation flag is set, starts no more, waits for those that run,
  // and returns kCancelled.
  Status Evaluate(const std::vector<Trial>& planned,
                  TrialListener& listener) override;

  // With as many workers as there may be, each of which asks `source` when it
  // is free and ends when there is none.
  Status Evaluate(TrialSource& source, TrialListener& listener) override;

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
