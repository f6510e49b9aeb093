#include "rankadaptor/search/trial.h"

#include <algorithm>
#include <functional>

#include "rankadaptor/search/evaluator.h"

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

Status CheckFidelities(std::span<const double> fidelities) {
  const bool ascending =
      std::ranges::adjacent_find(fidelities, std::greater_equal<>()) ==
      fidelities.end();
  // Also refuses NaN.
  if (!fidelities.empty() && ascending && fidelities.front() > 0 &&
      fidelities.back() == 1) {
    return {};
  }
  std::string list;
  for (double fidelity : fidelities) {
    list += (list.empty() ? "" : ", ") + std::to_string(fidelity);
  }
  return InvalidArgument("fidelities {" + list +
                         "} are not strictly ascending in (0, 1] with 1 at "
                         "the end");
}

}  // namespace rankadaptor
