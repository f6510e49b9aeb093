// Copies of study files.
#ifndef RANKADAPTOR_RUNNERS_STORE_STUDY_COPY_H_
#define RANKADAPTOR_RUNNERS_STORE_STUDY_COPY_H_

#include <filesystem>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

// Replaces `to` by what is stored in the study file `from`, whole or not at
// all, also while `from` is written to. `to` may be on a network file system;
// the folder of `from` is written to for a moment.
Status CopyStudyFile(const std::filesystem::path& from,
                     const std::filesystem::path& to);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_STUDY_COPY_H_
