#include "runners/store/failed_trials.h"

#include <string>

#include "rankadaptor/search/trial.h"

#include "runners/store/file_lock.h"
#include "runners/store/sqlite.h"
#include "runners/store/sqlite_store.h"

namespace rankadaptor::runners {
namespace {

std::string ForgetStatements() {
  const std::string failed =
      std::to_string(static_cast<int>(TrialState::kFailed));
  const std::string initial =
      std::to_string(static_cast<int>(TrialPurpose::kInitial));
  std::string statements =
      "BEGIN IMMEDIATE;"
      "CREATE TEMP TABLE forgotten AS SELECT id FROM trials WHERE state = " +
      failed + " OR (purpose <> " + initial +
      " AND id > (SELECT min(id) FROM trials WHERE state = " + failed +
      "));"
      "DELETE FROM asked WHERE (SELECT count(*) FROM forgotten) > 0;";
  for (const char* part : {"metrics", "reports", "artifacts", "append_order"}) {
    statements += "DELETE FROM " + std::string(part) +
                  " WHERE trial_id IN (SELECT id FROM forgotten);";
  }
  return statements +
         "DELETE FROM trials WHERE id IN (SELECT id FROM forgotten);"
         "COMMIT";
}

}  // namespace

Status ForgetFailedTrials(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return {};
  RA_RETURN_IF_ERROR(SqliteStore::Open(file));  // checks and raises it
  RA_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Acquire(file));
  RA_ASSIGN_OR_RETURN(SqliteConnection connection,
                      SqliteConnection::Open(file, /*create=*/false));
  return connection.Execute(ForgetStatements());
}

}  // namespace rankadaptor::runners
