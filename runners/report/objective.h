// How an objective is shown. Inside the engine it is always maximised; a loss
// enters negated and is turned back here, at the border.
#ifndef RANKADAPTOR_RUNNERS_REPORT_OBJECTIVE_H_
#define RANKADAPTOR_RUNNERS_REPORT_OBJECTIVE_H_

#include <optional>
#include <string>

namespace rankadaptor::runners {

struct Objective {
  std::string name;        // "average", "held-out loss", ...
  bool minimised = false;  // shown negated

  double Shown(double value) const { return minimised ? -value : value; }
  std::optional<double> Shown(std::optional<double> value) const {
    if (value.has_value()) return Shown(*value);
    return value;
  }
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_OBJECTIVE_H_
