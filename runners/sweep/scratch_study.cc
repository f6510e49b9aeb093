#include "runners/sweep/scratch_study.h"

#include <utility>

#include "runners/store/sqlite_store.h"
#include "runners/store/study_copy.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// -1 if there is no study that can be read.
int64_t NumTrials(const fs::path& database) {
  auto store = SqliteStore::OpenToRead(database);
  if (!store) return -1;
  auto order = (*store)->LoadAppendOrder();
  return order ? std::ssize(*order) : -1;
}

Status CopyIfThere(const fs::path& from, const fs::path& to) {
  std::error_code code;
  if (!fs::exists(from, code)) return {};
  fs::copy(from,
           to,
           fs::copy_options::recursive | fs::copy_options::overwrite_existing,
           code);
  if (!code) return {};
  return ResourceExhausted(to.string() + ": " + code.message());
}

}  // namespace

Result<std::unique_ptr<ScratchStudy>> ScratchStudy::Begin(
    StudyFiles kept, const fs::path& folder, LogSink& log) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) return InvalidArgument(folder.string() + ": " + code.message());
  StudyFiles local = StudyFilesOf(folder / kept.database.filename());
  const int64_t num_kept = NumTrials(kept.database);
  if (num_kept > NumTrials(local.database)) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      fs::path file = local.database;
      fs::remove(file += suffix, code);
    }
    RA_RETURN_IF_ERROR(CopyIfThere(kept.database, local.database));
    RA_RETURN_IF_ERROR(CopyIfThere(kept.artifacts, local.artifacts));
  }
  if (num_kept >= 0) {
    log.Write(LogLevel::kInfo,
              "goes on after " + std::to_string(num_kept) + " trials");
  }
  return std::unique_ptr<ScratchStudy>(
      new ScratchStudy(std::move(kept), std::move(local), log));
}

void ScratchStudy::OnTrialFinished(const Trial& /*trial*/,
                                   const StudyProgress& /*progress*/) {
  Status copied = CopyStudyFile(local_.database, kept_.database);
  if (!copied) log_.Write(LogLevel::kWarning, copied.error().message);
}

Status ScratchStudy::Finish() {
  RA_RETURN_IF_ERROR(CopyIfThere(local_.artifacts, kept_.artifacts));
  RA_RETURN_IF_ERROR(CopyIfThere(local_.report_json, kept_.report_json));
  RA_RETURN_IF_ERROR(
      CopyIfThere(local_.report_markdown, kept_.report_markdown));
  RA_RETURN_IF_ERROR(CopyStudyFile(local_.database, kept_.database));
  std::error_code ignored;
  for (const fs::path& path : {local_.artifacts,
                               local_.report_json,
                               local_.report_markdown,
                               local_.database}) {
    fs::remove_all(path, ignored);
  }
  return {};
}

}  // namespace rankadaptor::runners
