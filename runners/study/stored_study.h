// A study in a file, read for the HTML report. What its evaluator's files would
// say (names of parameters, costs) is left out, with a note, where they are no
// longer there.
#ifndef RANKADAPTOR_RUNNERS_STUDY_STORED_STUDY_H_
#define RANKADAPTOR_RUNNERS_STUDY_STORED_STUDY_H_

#include <filesystem>

#include "rankadaptor/common/result.h"

#include "runners/report/study_page.h"

namespace rankadaptor::runners {

// Also while a search adds to it. Errors as SqliteStore::OpenToRead.
Result<StudyPage> ReadStudyPage(const std::filesystem::path& file);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_STORED_STUDY_H_
