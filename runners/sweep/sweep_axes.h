// The parts of a sweep config, checked and in the form that expansion needs.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_SWEEP_AXES_H_
#define RANKADAPTOR_RUNNERS_SWEEP_SWEEP_AXES_H_

#include <utility>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/v1/sweep.pb.h"

#include "runners/config/config_source.h"
#include "runners/sweep/sweep_plan.h"

namespace rankadaptor::runners {

// The given axes, then the seeds. Errors name the field: an axis without
// choices, a name given twice, a field that an earlier axis sets.
Result<std::vector<SweepAxis>> MakeAxes(const v1::SweepConfig& config,
                                        const ConfigSource& source);

// (axis, choice), by index; all must hold.
using SweepCondition = std::vector<std::pair<int, int>>;

struct SweepRules {
  struct Override {
    SweepCondition when;
    std::vector<Assignment> set;
  };
  std::vector<SweepCondition> exclude;
  std::vector<Override> overrides;
};

// Errors name the condition that speaks of an axis or a choice that is none.
Result<SweepRules> MakeRules(const v1::SweepConfig& config,
                             const ConfigSource& source,
                             const std::vector<SweepAxis>& axes);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_SWEEP_AXES_H_
