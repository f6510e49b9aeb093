#include "search/progress_meter.h"

#include <algorithm>

namespace rankadaptor::internal {

ProgressMeter::ProgressMeter(const Clock& clock, int concurrency)
    : clock_(clock),
      concurrency_(concurrency),
      start_(clock.MonotonicSeconds()) {}

void ProgressMeter::Count(const Trial& trial) {
  ++progress_.num_trials_done;
  trial_seconds_ += trial.duration_seconds;
}

StudyProgress ProgressMeter::Now() const {
  StudyProgress progress = progress_;
  progress.elapsed_seconds = clock_.MonotonicSeconds() - start_;
  const int left =
      std::max(0, progress.num_trials_planned - progress.num_trials_done);
  if (progress.num_trials_done > 0) {
    progress.seconds_left =
        trial_seconds_ / progress.num_trials_done * left / concurrency_;
  }
  return progress;
}

}  // namespace rankadaptor::internal
