// A study as JSON, for other programs (docs/formats.md).
#ifndef RANKADAPTOR_RUNNERS_STUDY_STUDY_JSON_H_
#define RANKADAPTOR_RUNNERS_STUDY_STUDY_JSON_H_

#include <string>

#include "runners/report/study_page.h"

namespace rankadaptor::runners {

// Everything that is stored. Thread-safe.
std::string StudyAsJson(const StudyPage& page);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_STUDY_JSON_H_
