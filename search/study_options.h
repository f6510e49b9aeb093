// Checks what a Study is given, and tells what became of it.
#ifndef RANKADAPTOR_SEARCH_STUDY_OPTIONS_H_
#define RANKADAPTOR_SEARCH_STUDY_OPTIONS_H_

#include <string>

#include "rankadaptor/search/study.h"

namespace rankadaptor::internal {

// kInvalidArgument names the first option that is out of range.
Status CheckStudyOptions(const StudyOptions& options, const SearchSpace& space);

// Why the iteration phase ended, in one sentence with the option's figure.
std::string StopSentence(StopReason reason, const StudyOptions& options);

// kInvalidArgument names the first part that is missing.
Status CheckStudyParts(const StudyParts& parts);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STUDY_OPTIONS_H_
