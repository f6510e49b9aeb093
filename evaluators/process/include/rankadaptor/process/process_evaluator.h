// An evaluator that is a program of its own, in any language, spoken to over
// its standard input and output (docs/protocol.md). Whatever it does, crash,
// hang, send garbage, costs one trial, which says why; a new process takes its
// place.
//
//   ProcessOptions options;
//   options.command = {"python3", "-m", "rankadaptor_evaluator", "digits.py"};
//   RA_ASSIGN_OR_RETURN(auto evaluator,
//                       ProcessEvaluator::Create(options, SystemClock()));
//   const SearchSpace& space = *evaluator->space();
//
// Thread-safe: as many calls at a time as options.num_workers, each in a
// process of its own; a further one waits.
#ifndef RANKADAPTOR_PROCESS_PROCESS_EVALUATOR_H_
#define RANKADAPTOR_PROCESS_PROCESS_EVALUATOR_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::process {

struct ProcessOptions {
  // Program and arguments. A program without '/' is looked for in PATH, one
  // with it starts at `folder` if it is relative.
  std::vector<std::string> command;
  std::filesystem::path folder = ".";  // where it runs
  std::string config;                  // handed over as it is
  std::optional<SearchSpace> space;    // none: the program brings its own
  LogSink* log = &NullLogSink();       // as LogTo(); borrowed
  int num_workers = 1;                 // at least 1

  // From the start of the process until it is ready for trials.
  double start_timeout_seconds = 600;
  std::optional<double> trial_timeout_seconds;
  // At work, for so long nothing may be heard of it.
  double heartbeat_timeout_seconds = 60;
  // From the wish to stop until it is killed.
  double cancel_timeout_seconds = 10;
  // From the end of its output until it is killed.
  double exit_timeout_seconds = 30;
  // How often a trial is tried again after its process was lost.
  int max_retries = 1;

  // What a process may allocate (RLIMIT_DATA).
  std::optional<uint64_t> memory_bytes;
  // Each worker has so many of the cores that this process may use, and
  // OMP_NUM_THREADS says so; none: all, unpinned.
  std::optional<int> cores_per_worker;
  // Worker i sees device i modulo their number (CUDA_VISIBLE_DEVICES).
  std::vector<std::string> devices;
};

// How the objective that the program sends is to be shown.
struct SentObjective {
  std::string name = "objective";
  bool minimised = false;  // Evaluate() returns it negated
};

// What a shared library in the process says of itself.
struct LibraryNotes {
  std::string build;  // which compiler made it
  bool thread_safe = false;
  bool may_share_process = false;  // with the engine
};

namespace internal {
class WorkerPool;
}

class ProcessEvaluator final : public Evaluator {
 public:
  // Starts the first process and waits until it is ready. Errors name the
  // program, but for what it says itself when it refuses:
  //  - kNotFound: there is no such program;
  //  - kInvalidArgument: it refused config or space, or answers with a space
  //    that is none or not the one given;
  //  - kFailedPrecondition: another major version of the protocol;
  //  - kUnavailable, kDataLoss: it ended, was silent or does not speak it.
  // `clock` is borrowed.
  static Result<std::unique_ptr<ProcessEvaluator>> Create(
      ProcessOptions options, const Clock& clock);
  ~ProcessEvaluator() override;

  // What the processes print, restarts and retries go there from now on;
  // borrowed. Not while trials run.
  void LogTo(LogSink& log);

  // Processes that have no trial end; one is started again when it is needed.
  void EndIdleProcesses();

  // The space that is searched; null if the program takes any and none was
  // given.
  const SearchSpace* space() const;
  const SentObjective& objective() const;
  const LibraryNotes& library_notes() const;

  const EvaluatorCapabilities& capabilities() const override;
  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override;

 private:
  explicit ProcessEvaluator(std::unique_ptr<internal::WorkerPool> pool);
  std::unique_ptr<internal::WorkerPool> pool_;
};

}  // namespace rankadaptor::process

#endif  // RANKADAPTOR_PROCESS_PROCESS_EVALUATOR_H_
