#include "runners/study/study_files.h"

#include <algorithm>

#include "runners/store/study_location.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

fs::path With(const fs::path& base, const char* suffix) {
  fs::path path = base;
  return path += suffix;
}

}  // namespace

StudyFiles StudyFilesOf(const fs::path& database) {
  fs::path base = database;
  if (base.extension() == ".db") base.replace_extension();
  fs::path name = base.filename();
  if (name.extension() == ".study") name.replace_extension();
  return {.name = name.string(),
          .database = database,
          .report_markdown = With(base, ".report.md"),
          .report_json = With(base, ".report.json"),
          .artifacts = With(base, ".artifacts")};
}

Result<StudyFiles> StudyFilesAt(const std::string& place,
                                const fs::path& config_file) {
  if (!IsDatabaseUrl(place)) return StudyFilesOf(place);
  RA_ASSIGN_OR_RETURN(const DatabaseLocation location, ParseDatabaseUrl(place));
  std::string name = location.study;
  std::ranges::replace(name, '/', '_');
  StudyFiles files =
      StudyFilesOf(config_file.parent_path() / (name + ".study.db"));
  files.database = location.shown;
  return files;
}

fs::path DefaultStudyFile(const fs::path& config_file) {
  return fs::path(config_file).replace_extension(".study.db");
}

Status CheckFolderOf(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
  std::error_code ignored;
  if (fs::is_directory(folder, ignored)) return {};
  return NotFound(file.string() + ": there is no folder " + folder.string());
}

}  // namespace rankadaptor::runners
