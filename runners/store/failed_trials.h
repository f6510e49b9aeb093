// Failed trials of a study file that are to be measured again.
#ifndef RANKADAPTOR_RUNNERS_STORE_FAILED_TRIALS_H_
#define RANKADAPTOR_RUNNERS_STORE_FAILED_TRIALS_H_

#include <filesystem>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

// Removes the failed trials from the study, and what was decided after the
// first of them, which another result would have made another: initial trials
// that completed stay. Does nothing if there is no such file or no failed
// trial. Errors as SqliteStore::Open.
Status ForgetFailedTrials(const std::filesystem::path& file);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_FAILED_TRIALS_H_
