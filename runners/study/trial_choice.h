// Which trial of a study a user means.
#ifndef RANKADAPTOR_RUNNERS_STUDY_TRIAL_CHOICE_H_
#define RANKADAPTOR_RUNNERS_STUDY_TRIAL_CHOICE_H_

#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor::runners {

// `wanted` is an id or "best": of the finalist with the highest mean objective
// the first trial (the seeds are equals: taking the best of them would be
// choosing by luck), or, while nothing is confirmed, the full search trial with
// the highest objective. kInvalidArgument if there is no such complete trial.
// Thread-safe.
Result<Trial> ChooseTrial(const std::vector<Trial>& trials,
                          const std::string& wanted);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_TRIAL_CHOICE_H_
