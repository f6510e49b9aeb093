// What a study would do and what it costs, without doing it.
#ifndef RANKADAPTOR_RUNNERS_STUDY_DRY_RUN_H_
#define RANKADAPTOR_RUNNERS_STUDY_DRY_RUN_H_

#include <string>

#include "rankadaptor/common/result.h"

#include "runners/study/loaded_study.h"

namespace rankadaptor::runners {

// Lines for people.
Result<std::string> DescribeStudy(const LoadedStudy& loaded);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_DRY_RUN_H_
