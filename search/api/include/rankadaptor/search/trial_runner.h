// A TrialRunner gets planned trials evaluated, wherever that happens: by an
// Evaluator on the threads of this machine (what a Study does by itself), or by
// programs on other machines that take trials from a shared store.
#ifndef RANKADAPTOR_SEARCH_TRIAL_RUNNER_H_
#define RANKADAPTOR_SEARCH_TRIAL_RUNNER_H_

#include <optional>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor {

// Told what happens, by several threads but one at a time.
class TrialListener {
 public:
  virtual ~TrialListener() = default;
  virtual void TrialStarted(const Trial& trial) = 0;
  virtual void TrialReported(const Trial& trial,
                             double fraction_done,
                             double value) = 0;
  // An error stops the runner; trials that are running are still told.
  virtual Status TrialFinished(const Trial& trial) = 0;
};

// Where trials to evaluate come from; asked by several threads, but one at a
// time and never while the listener is told.
class TrialSource {
 public:
  virtual ~TrialSource() = default;
  // The next one, or none: the runner asks no more for this free place. An
  // error stops the runner as one of the listener does.
  virtual Result<std::optional<Trial>> Next() = 0;
};

// One call at a time.
class TrialRunner {
 public:
  virtual ~TrialRunner() = default;

  // Trials that are evaluated at the same time, at most; at least 1.
  virtual int concurrency() const = 0;

  // Returns when every trial was finished. kCancelled if it was given up on
  // request; the listener is not told of trials that were given up. Fails as
  // the listener does.
  virtual Status Evaluate(const std::vector<Trial>& planned,
                          TrialListener& listener) = 0;

  // The same for trials that are decided while others run: `source` is asked
  // whenever one more could be evaluated.
  virtual Status Evaluate(TrialSource& source, TrialListener& listener) = 0;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_TRIAL_RUNNER_H_
