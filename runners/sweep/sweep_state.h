// Where each study of a sweep stands, concluded from its files alone.
//
// Thread-safety: plain values and functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_SWEEP_SWEEP_STATE_H_
#define RANKADAPTOR_RUNNERS_SWEEP_SWEEP_STATE_H_

#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/v1/search.pb.h"

#include "runners/sweep/study_result.h"
#include "runners/sweep/sweep_files.h"
#include "runners/sweep/sweep_plan.h"

namespace rankadaptor::runners {

enum class StudyState {
  kWaiting,  // not begun, interrupted, or its config says to do more
  kDone,
  kFailed,
};

struct StudyStanding {
  StudyState state = StudyState::kWaiting;
  bool begun = false;  // has a study file
  StudyResult result;  // of what is done or failed
};

// A short text that is another one whenever the config is.
std::string ConfigKey(const v1::SearchConfig& config);

// Of each study of the plan, in its order. Reads every study's config, so that
// errors name a field of the sweep's file that no search config has.
Result<std::vector<StudyStanding>> ReadStandings(const SweepPlan& plan,
                                                 const SweepFiles& files);

// "done", "failed", "waiting", "interrupted".
std::string StandingName(const StudyStanding& standing);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_SWEEP_SWEEP_STATE_H_
