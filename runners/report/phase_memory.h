// How much memory the program had in each phase of a run.
#ifndef RANKADAPTOR_RUNNERS_REPORT_PHASE_MEMORY_H_
#define RANKADAPTOR_RUNNERS_REPORT_PHASE_MEMORY_H_

#include <cstdint>
#include <map>
#include <string>

#include "rankadaptor/search/study_observer.h"

namespace rankadaptor::runners {

// The phase before the first trial: loading, pruning.
inline constexpr char kSetupPhase[] = "setup";

// The most resident bytes of the process, by phase: kSetupPhase, or
// TrialPurposeName() while a trial of that purpose ran, with the trials beside
// it.
using PhaseMemory = std::map<std::string, int64_t>;

// Watches a run. One call at a time, as StudyObserver promises.
class PhaseMemoryRecorder final : public StudyObserver {
 public:
  void OnTrialStarted(const Trial& trial, const StudyProgress&) override;
  void OnTrialReport(const Trial& trial,
                     double fraction_done,
                     double value) override;
  void OnTrialFinished(const Trial& trial, const StudyProgress&) override;

  // Empty where the system does not tell, or before the first trial.
  const PhaseMemory& memory() const { return memory_; }

 private:
  void Look(const Trial& trial);

  PhaseMemory memory_;
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_PHASE_MEMORY_H_
