// One process that is ready for trials, until it is lost.
//
// One thread at a time.
#ifndef RANKADAPTOR_EVALUATORS_PROCESS_WORKER_H_
#define RANKADAPTOR_EVALUATORS_PROCESS_WORKER_H_

#include <functional>
#include <memory>
#include <optional>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/evaluator/v1/protocol.pb.h"
#include "rankadaptor/process/process_evaluator.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"

#include "evaluators/process/connection.h"
#include "evaluators/process/launcher.h"
#include "evaluators/process/trial_round.h"

namespace rankadaptor::process::internal {

// What a process said of itself.
struct Introduction {
  EvaluatorCapabilities capabilities;
  std::optional<SearchSpace> space;
  SentObjective objective;
  LibraryNotes library_notes;
};

class Worker {
 public:
  // Starts process `index` and waits until it is ready. kCancelled as soon as
  // `cancelled` says so; else as ProcessEvaluator::Create().
  static Result<std::unique_ptr<Worker>> Start(
      const ProcessOptions& options,
      int index,
      Launcher& launcher,
      const Clock& clock,
      LogSink& log,
      const std::function<bool()>& cancelled);
  // Says goodbye.
  ~Worker();

  const Introduction& introduction() const { return introduction_; }
  void LogTo(LogSink& log) { connection_.LogTo(log); }
  bool Alive() { return connection_.Alive(); }

  TrialEnd Evaluate(const Configuration& configuration,
                    const SearchSpace& space,
                    TrialContext& trial);

 private:
  Worker(const ProcessOptions& options,
         ChildProcess child,
         int index,
         const Clock& clock);
  Status Introduce(int index, const std::function<bool()>& cancelled);
  Status Learn(const evaluator::v1::Ready& ready);
  Status LearnSpace(const evaluator::v1::Ready& ready);

  const ProcessOptions& options_;
  const Clock& clock_;
  Connection connection_;
  Introduction introduction_;
  bool refused_ = false;
};

}  // namespace rankadaptor::process::internal

#endif  // RANKADAPTOR_EVALUATORS_PROCESS_WORKER_H_
