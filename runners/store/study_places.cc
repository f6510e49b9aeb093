#include "runners/store/study_places.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "runners/store/file_lock.h"
#include "runners/store/postgres_store.h"
#include "runners/store/sqlite_store.h"
#include "runners/store/study_location.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

constexpr char kSuffix[] = ".study.db";

template <typename T>
Result<std::unique_ptr<StudyStore>> AsStudy(Result<std::unique_ptr<T>> store) {
  if (!store) return tl::unexpected(std::move(store).error());
  return std::unique_ptr<StudyStore>(*std::move(store));
}

Result<std::unique_ptr<StudyStore>> CreateStudy(const std::string& place,
                                                const StudyHeader& header) {
  if (!IsDatabaseUrl(place)) {
    // What is lost with the power is copied again.
    return AsStudy(
        SqliteStore::Create(place, header, Durability::kKilledProcess));
  }
  RA_ASSIGN_OR_RETURN(const DatabaseLocation location, ParseDatabaseUrl(place));
  return AsStudy(PostgresStore::Create(location, header));
}

Status CopyTrials(StudyStore& from, StudyStore& to) {
  RA_ASSIGN_OR_RETURN(std::vector<Trial> trials, from.LoadTrials());
  RA_ASSIGN_OR_RETURN(const std::vector<int64_t> order, from.LoadAppendOrder());
  RA_ASSIGN_OR_RETURN(const std::vector<Trial> asked, from.LoadAsked());
  std::map<int64_t, const Trial*> by_id;
  for (const Trial& trial : trials) by_id.emplace(trial.id, &trial);
  for (int64_t id : order) {
    auto trial = by_id.find(id);
    if (trial == by_id.end()) continue;  // stored after the trials were read
    RA_RETURN_IF_ERROR(to.AppendTrial(*trial->second));
  }
  if (asked.empty()) return {};
  return to.AppendAsked(asked);
}

Result<std::vector<std::string>> ListFiles(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    const std::string file = entry.path().string();
    if (file.ends_with(kSuffix)) files.push_back(file);
  }
  if (code) return NotFound(folder.string() + ": " + code.message());
  std::ranges::sort(files);
  return files;
}

Status DeleteFile(const fs::path& file) {
  RA_RETURN_IF_ERROR(SqliteStore::OpenToRead(file));
  RA_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Acquire(file));
  std::error_code code;
  for (const char* suffix : {"-wal", "-shm", ""}) {
    fs::path path = file;
    fs::remove(path += suffix, code);
    if (code) return InvalidArgument(path.string() + ": " + code.message());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<StudyStore>> OpenStudyToRead(const std::string& place) {
  if (!IsDatabaseUrl(place)) return AsStudy(SqliteStore::OpenToRead(place));
  RA_ASSIGN_OR_RETURN(const DatabaseLocation location, ParseDatabaseUrl(place));
  return AsStudy(PostgresStore::Open(location));
}

Result<std::vector<std::string>> ListStudies(const std::string& place) {
  if (!IsDatabaseUrl(place)) return ListFiles(place);
  RA_ASSIGN_OR_RETURN(const DatabaseLocation location, ParseDatabaseUrl(place));
  RA_ASSIGN_OR_RETURN(std::vector<std::string> names,
                      PostgresStore::List(location));
  for (std::string& name : names) name = location.Named(name).shown;
  return names;
}

Status CopyStudy(const std::string& from, const std::string& to) {
  RA_ASSIGN_OR_RETURN(const std::unique_ptr<StudyStore> source,
                      OpenStudyToRead(from));
  RA_ASSIGN_OR_RETURN(std::unique_ptr<StudyStore> copy,
                      CreateStudy(to, source->header()));
  Status copied = CopyTrials(*source, *copy);
  copy.reset();
  if (!copied) Status ignored = DeleteStudy(to);
  return copied;
}

Status DeleteStudy(const std::string& place) {
  if (!IsDatabaseUrl(place)) return DeleteFile(place);
  RA_ASSIGN_OR_RETURN(const DatabaseLocation location, ParseDatabaseUrl(place));
  RA_ASSIGN_OR_RETURN(const std::unique_ptr<PostgresStore> store,
                      PostgresStore::Open(location));
  RA_ASSIGN_OR_RETURN(const int num_workers, store->CountWorkers());
  if (num_workers > 0) {
    return Unavailable(location.shown + ": " + std::to_string(num_workers) +
                       " workers are at it; stop them first");
  }
  return PostgresStore::Delete(location);
}

Result<std::string> StudyName(const std::string& place) {
  if (IsDatabaseUrl(place)) {
    return ParseDatabaseUrl(place).map(
        [](const DatabaseLocation& location) { return location.study; });
  }
  std::string name = fs::path(place).filename().string();
  if (name.ends_with(kSuffix)) name.resize(name.size() + 1 - sizeof kSuffix);
  return name;
}

}  // namespace rankadaptor::runners
