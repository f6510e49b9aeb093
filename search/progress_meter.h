// Counts trials and estimates the time left: what the planned trials cost if
// they take as long as those that were evaluated so far.
//
// One thread at a time.
#ifndef RANKADAPTOR_SEARCH_PROGRESS_METER_H_
#define RANKADAPTOR_SEARCH_PROGRESS_METER_H_

#include "rankadaptor/common/clock.h"
#include "rankadaptor/search/study_observer.h"

namespace rankadaptor::internal {

class ProgressMeter {
 public:
  // `clock` is borrowed. `concurrency` trials run at the same time.
  ProgressMeter(const Clock& clock, int concurrency);

  void EnterPhase(StudyPhase phase) { progress_.phase = phase; }
  void Plan(int num_trials) { progress_.num_trials_planned = num_trials; }

  // A trial was finished, now or in a run before.
  void Count(const Trial& trial);

  StudyProgress Now() const;

  // Seconds spent in all counted trials.
  double trial_seconds() const { return trial_seconds_; }

 private:
  const Clock& clock_;
  int concurrency_;
  double start_;
  double trial_seconds_ = 0;
  StudyProgress progress_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_PROGRESS_METER_H_
