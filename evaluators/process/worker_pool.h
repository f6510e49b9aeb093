// The processes of a ProcessEvaluator: each is started when it is needed and
// replaced when it is lost.
//
// Thread-safe, but for LogTo().
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_WORKER_POOL_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_WORKER_POOL_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/process/process_evaluator.h"

#include "evaluators/process/launcher.h"
#include "evaluators/process/worker.h"

namespace rankadaptor::process::internal {

class WorkerPool {
 public:
  static Result<std::unique_ptr<WorkerPool>> Create(ProcessOptions options,
                                                    const Clock& clock);

  void LogTo(LogSink& log);
  void EndIdleProcesses();
  // Of the first process; all others must say the same.
  const Introduction& introduction() const { return introduction_; }

  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial);

 private:
  // A place for one process, whose number never changes.
  struct Slot {
    int index = 0;
    bool busy = false;               // guarded by mutex_
    std::unique_ptr<Worker> worker;  // of the thread that made it busy
  };
  class Lease;

  WorkerPool(ProcessOptions options, const Clock& clock);
  TrialEnd Try(Slot& slot,
               const Configuration& configuration,
               TrialContext& trial);
  Status Prepare(Slot& slot, const TrialContext& trial);
  Status CheckSame(const Introduction& other) const;
  void Warn(const Slot& slot, const std::string& what);

  const ProcessOptions options_;
  const Clock& clock_;
  LogSink* log_;
  Introduction introduction_;
  Launcher launcher_;  // outlives the workers
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Slot> slots_;
};

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_WORKER_POOL_H_
