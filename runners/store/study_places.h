// Studies by the place that a user names: a study file, or the URL of a study
// in a database (study_location.h).
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_STORE_STUDY_PLACES_H_
#define RANKADAPTOR_RUNNERS_STORE_STUDY_PLACES_H_

#include <memory>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"

#include "runners/store/study_store.h"

namespace rankadaptor::runners {

// To read it, also while others add to it. Errors as SqliteStore::OpenToRead or
// PostgresStore::Open.
Result<std::unique_ptr<StudyStore>> OpenStudyToRead(const std::string& place);

// The studies of a folder (its *.study.db, by name) or of a database.
// kNotFound if there is no such folder.
Result<std::vector<std::string>> ListStudies(const std::string& place);

// Makes a study at `to` that is the one at `from`: header, trials in the order
// in which they came, and what was asked for. kAlreadyExists if there is one;
// what was made is removed again if the copy fails.
Status CopyStudy(const std::string& from, const std::string& to);

// Deletes the study; a file's reports and artifacts stay. kUnavailable while a
// process works on it.
Status DeleteStudy(const std::string& place);

// What a user calls the study: the name in the database or of the file.
Result<std::string> StudyName(const std::string& place);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_STUDY_PLACES_H_
