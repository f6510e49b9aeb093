// Where a study keeps what belongs to it:
//
//   a.study.db           trials (sqlite_store.h)
//   a.study.report.md    the final report, and as JSON
//   a.study.report.json
//   a.study.artifacts/   adapters of the finalists
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_RUNNERS_STUDY_STUDY_FILES_H_
#define RANKADAPTOR_RUNNERS_STUDY_STUDY_FILES_H_

#include <filesystem>
#include <string>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

struct StudyFiles {
  std::string name;  // "a"
  std::filesystem::path database;
  std::filesystem::path report_markdown;
  std::filesystem::path report_json;
  std::filesystem::path artifacts;
};

// Of the study in this file. The others' names begin with its name without
// ".db".
StudyFiles StudyFilesOf(const std::filesystem::path& database);

// The same of a study in a file, or, beside its config, of one in a database:
// named after it, `/` replaced by `_`.
Result<StudyFiles> StudyFilesAt(const std::string& place,
                                const std::filesystem::path& config_file);

// "<config name>.study.db" beside the config.
std::filesystem::path DefaultStudyFile(
    const std::filesystem::path& config_file);

// kNotFound unless the folder that `file` is to be written to is there: for
// finding out before hours of work.
Status CheckFolderOf(const std::filesystem::path& file);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_STUDY_FILES_H_
