#include "rankadaptor/search/study_observer.h"
#include "rankadaptor/search/study_summary.h"

namespace rankadaptor {

const char* StopReasonName(StopReason reason) {
  switch (reason) {
    case StopReason::kConverged:
      return "converged";
    case StopReason::kNoImprovement:
      return "no improvement";
    case StopReason::kTrialBudget:
      return "trial budget";
    case StopReason::kTimeBudget:
      return "time budget";
    case StopReason::kSpaceExhausted:
      return "space exhausted";
    case StopReason::kStagnation:
      return "stagnation";
    case StopReason::kWallTime:
      return "wall time";
  }
  return "unknown";
}

const char* StudyPhaseName(StudyPhase phase) {
  switch (phase) {
    case StudyPhase::kInitialise:
      return "initialise";
    case StudyPhase::kIterate:
      return "iterate";
    case StudyPhase::kConverge:
      return "converge";
  }
  return "unknown";
}

}  // namespace rankadaptor
