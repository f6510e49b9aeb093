#include "rankadaptor/search/trial.h"

namespace rankadaptor {

const char* TrialStateName(TrialState state) {
  switch (state) {
    case TrialState::kComplete:
      return "complete";
    case TrialState::kFailed:
      return "failed";
    case TrialState::kInfeasible:
      return "infeasible";
    case TrialState::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

const char* TrialPurposeName(TrialPurpose purpose) {
  switch (purpose) {
    case TrialPurpose::kInitial:
      return "initial";
    case TrialPurpose::kSearch:
      return "search";
    case TrialPurpose::kFinalist:
      return "finalist";
    case TrialPurpose::kBaseline:
      return "baseline";
  }
  return "unknown";
}

}  // namespace rankadaptor
