// What stored studies are, in a few lines for people.
#ifndef RANKADAPTOR_RUNNERS_STUDY_STUDY_OVERVIEW_H_
#define RANKADAPTOR_RUNNERS_STUDY_STUDY_OVERVIEW_H_

#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

#include "runners/report/study_page.h"

namespace rankadaptor::runners {

// A table of the studies at these places. One that cannot be read is a row that
// says why. Thread-safe.
std::string StudiesAsText(const std::vector<std::string>& places);

// One fact a line. Thread-safe.
std::string OverviewAsText(const StudyPage& page);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_STUDY_OVERVIEW_H_
