// Runs the studies of a sweep on this machine, one after another, each in a
// child process: one that crashes or runs out of memory is a failed study, and
// the next one starts with all of the memory.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_LOCAL_SWEEP_H_
#define RANKADAPTOR_RUNNERS_SWEEP_LOCAL_SWEEP_H_

#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/result.h"

#include "runners/sweep/sweep_files.h"
#include "runners/sweep/sweep_plan.h"
#include "runners/sweep/sweep_state.h"
#include "runners/terminal/terminal.h"

namespace rankadaptor::runners {

// Runs the studies with these indices in the plan, in `scratch` unless it is
// empty. A study that fails is no
// error: its result says so. kCancelled once `cancellation` is set; the study
// that ran was stopped in order.
Status RunLocally(const SweepPlan& plan,
                  const std::vector<int>& studies,
                  const SweepFiles& files,
                  const std::filesystem::path& scratch,
                  Terminal& terminal,
                  const CancellationFlag& cancellation);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_LOCAL_SWEEP_H_
