#include "rankadaptor/process/process_evaluator.h"

#include <utility>

#include "rankadaptor/common/check.h"

#include "evaluators/process/worker_pool.h"

namespace rankadaptor::process {

Result<std::unique_ptr<ProcessEvaluator>> ProcessEvaluator::Create(
    ProcessOptions options, const Clock& clock) {
  RA_CHECK(!options.command.empty() && options.num_workers > 0)
      << "a command and a worker are needed";
  RA_ASSIGN_OR_RETURN(std::unique_ptr<internal::WorkerPool> pool,
                      internal::WorkerPool::Create(std::move(options), clock));
  return std::unique_ptr<ProcessEvaluator>(
      new ProcessEvaluator(std::move(pool)));
}

ProcessEvaluator::ProcessEvaluator(std::unique_ptr<internal::WorkerPool> pool)
    : pool_(std::move(pool)) {}

ProcessEvaluator::~ProcessEvaluator() = default;

void ProcessEvaluator::LogTo(LogSink& log) { pool_->LogTo(log); }

void ProcessEvaluator::EndIdleProcesses() { pool_->EndIdleProcesses(); }

const SearchSpace* ProcessEvaluator::space() const {
  const auto& space = pool_->introduction().space;
  return space ? &*space : nullptr;
}

const SentObjective& ProcessEvaluator::objective() const {
  return pool_->introduction().objective;
}

const LibraryNotes& ProcessEvaluator::library_notes() const {
  return pool_->introduction().library_notes;
}

const EvaluatorCapabilities& ProcessEvaluator::capabilities() const {
  return pool_->introduction().capabilities;
}

Result<Measurement> ProcessEvaluator::Evaluate(
    const Configuration& configuration, TrialContext& trial) {
  if (space() == nullptr) {
    return FailedPrecondition("the evaluator was given no space");
  }
  return pool_->Evaluate(configuration, trial);
}

}  // namespace rankadaptor::process
