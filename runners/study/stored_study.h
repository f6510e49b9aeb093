// A study in a file or a database, read for the HTML report. What its
// evaluator's files would say (names of parameters, costs) is left out, with a
// note, where they are no longer there.
#ifndef RANKADAPTOR_RUNNERS_STUDY_STORED_STUDY_H_
#define RANKADAPTOR_RUNNERS_STUDY_STORED_STUDY_H_

#include <string>

#include "rankadaptor/common/result.h"

#include "runners/report/study_page.h"

namespace rankadaptor::runners {

// Also while a search adds to it. Errors as OpenStudyToRead.
Result<StudyPage> ReadStudyPage(const std::string& place);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_STORED_STUDY_H_
