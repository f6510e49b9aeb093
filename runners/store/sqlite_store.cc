#include "runners/store/sqlite_store.h"

#include <unistd.h>
#include <utility>

#include "runners/store/local_disk.h"
#include "runners/store/study_schema.h"
#include "runners/store/trial_row.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;

// What SQLite leaves beside a file whose process was killed.
void RemoveJournals(const fs::path& file) {
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    std::error_code ignored;
    fs::path journal = file;
    fs::remove(journal += suffix, ignored);
  }
}

Status InsertHeader(SqliteConnection& connection, const StudyHeader& header) {
  RA_ASSIGN_OR_RETURN(
      SqliteStatement insert,
      connection.Prepare("INSERT INTO studies VALUES (1, ?, ?, ?, ?, ?, ?)"));
  insert.Bind(1, header.fingerprint);
  insert.Bind(2, static_cast<int64_t>(header.seed));
  insert.Bind(3, header.evaluator);
  insert.Bind(4, header.config);
  insert.Bind(5, header.config_file);
  insert.Bind(6, header.created_unix_microseconds);
  return insert.Run();
}

Status WriteNewStudy(const fs::path& file, const StudyHeader& header) {
  RA_ASSIGN_OR_RETURN(SqliteConnection connection,
                      SqliteConnection::Open(file, /*create=*/true));
  RA_RETURN_IF_ERROR(connection.Execute("BEGIN"));
  RA_RETURN_IF_ERROR(CreateSchema(connection));
  RA_RETURN_IF_ERROR(InsertHeader(connection, header));
  return connection.Execute("COMMIT");
}

// As they are read from a file of this revision.
std::string PlanColumns(int64_t revision) {
  if (revision >= kFirstRevisionWithFidelity) return kPlanColumns;
  return "id, purpose, label, choices, seed, split, predicted, 1.0, NULL, NULL";
}

void BindPlan(const Trial& trial, SqliteStatement& insert) {
  insert.Bind(1, trial.id);
  insert.Bind(2, static_cast<int64_t>(trial.purpose));
  insert.Bind(3, trial.label);
  insert.Bind(4, FormatChoices(trial.configuration));
  insert.Bind(5, static_cast<int64_t>(trial.seed));
  insert.Bind(6, static_cast<int64_t>(trial.split));
  insert.Bind(7, trial.predicted);
  insert.Bind(8, trial.fidelity);
  insert.Bind(9, trial.deviation);
  insert.Bind(10, trial.expected_improvement);
}

}  // namespace

SqliteStore::SqliteStore(fs::path file,
                         std::optional<FileLock> lock,
                         SqliteConnection connection)
    : file_(std::move(file)),
      lock_(std::move(lock)),
      connection_(std::move(connection)) {}

Result<std::unique_ptr<SqliteStore>> SqliteStore::Create(
    const fs::path& file, const StudyHeader& header, Durability durability) {
  RA_RETURN_IF_ERROR(CheckOnLocalDisk(file));
  RA_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(file));
  std::error_code code;
  if (fs::exists(file, code)) {
    return AlreadyExists(file.string() + ": exists already");
  }
  fs::path temporary = file;
  temporary += ".partial-" + std::to_string(::getpid());
  fs::remove(temporary, code);
  Status written = WriteNewStudy(temporary, header);
  if (written.has_value()) {
    RemoveJournals(file);  // those of a study that was deleted
    fs::rename(temporary, file, code);
    if (code) written = InvalidArgument(file.string() + ": " + code.message());
  }
  if (!written.has_value()) {
    RemoveJournals(temporary);
    fs::remove(temporary, code);
    return tl::unexpected(written.error());
  }
  return OpenToWrite(file, std::move(lock), durability);
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const fs::path& file,
                                                       Durability durability) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) {
    return NotFound(file.string() + ": no such study");
  }
  RA_RETURN_IF_ERROR(CheckOnLocalDisk(file));
  RA_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(file));
  return OpenToWrite(file, std::move(lock), durability);
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::OpenToWrite(
    const fs::path& file, FileLock lock, Durability durability) {
  RA_ASSIGN_OR_RETURN(std::unique_ptr<SqliteStore> store,
                      OpenLocked(file, std::move(lock)));
  const char* synchronous =
      durability == Durability::kPowerLoss ? "FULL" : "NORMAL";
  RA_RETURN_IF_ERROR(store->connection_.Execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = " +
      std::string(synchronous)));
  RA_RETURN_IF_ERROR(UpgradeSchema(store->connection_, store->revision_));
  store->revision_ = kSchemaRevision;
  return store;
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::OpenToRead(
    const fs::path& file) {
  return OpenLocked(file, std::nullopt);
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::OpenLocked(
    const fs::path& file, std::optional<FileLock> lock) {
  RA_ASSIGN_OR_RETURN(SqliteConnection connection,
                      SqliteConnection::Open(file, /*create=*/false));
  std::unique_ptr<SqliteStore> store(
      new SqliteStore(file, std::move(lock), std::move(connection)));
  RA_RETURN_IF_ERROR(store->CheckFormat());
  RA_RETURN_IF_ERROR(store->LoadHeader());
  return store;
}

Status SqliteStore::CheckFormat() {
  RA_ASSIGN_OR_RETURN(int64_t application,
                      connection_.QueryInt("PRAGMA application_id"));
  if (application != kApplicationId) {
    return DataLoss(file_.string() + ": is not a RankAdaptor study");
  }
  RA_ASSIGN_OR_RETURN(int64_t revision,
                      connection_.QueryInt("PRAGMA user_version"));
  if (revision > kSchemaRevision) {
    return DataLoss(file_.string() + ": has schema revision " +
                    std::to_string(revision) + ", this program reads up to " +
                    std::to_string(kSchemaRevision) +
                    "; use a newer rankadaptor");
  }
  if (revision < 1) return Damaged("has no schema revision");
  revision_ = revision;
  RA_ASSIGN_OR_RETURN(std::string check,
                      connection_.QueryText("PRAGMA quick_check(1)"));
  if (check != "ok") return Damaged(check);
  return {};
}

Status SqliteStore::LoadHeader() {
  RA_ASSIGN_OR_RETURN(
      SqliteStatement query,
      connection_.Prepare(
          "SELECT fingerprint, seed, evaluator, config, "
          "config_file, created_unix_microseconds FROM studies"));
  RA_ASSIGN_OR_RETURN(bool has_row, query.Step());
  if (!has_row) return Damaged("has no header");
  header_ = {.fingerprint = query.Text(0),
             .seed = static_cast<uint64_t>(query.Int(1)),
             .evaluator = query.Text(2),
             .config = query.Text(3),
             .config_file = query.Text(4),
             .created_unix_microseconds = query.Int(5)};
  return {};
}

Status SqliteStore::AppendTrial(const Trial& trial) {
  RA_RETURN_IF_ERROR(CheckNumbers(trial));
  Status stored = InTransaction([&] { return InsertTrial(trial); });
  if (stored || stored.error().code != ErrorCode::kAlreadyExists) return stored;
  return AlreadyExists(file_.string() + ": trial " + std::to_string(trial.id) +
                       " is stored already");
}

Status SqliteStore::AppendAsked(std::span<const Trial> trials) {
  return InTransaction([&] { return InsertAsked(trials); });
}

Status SqliteStore::ReplaceConfig(uint64_t seed, const std::string& config) {
  RA_RETURN_IF_ERROR(InTransaction([&]() -> Status {
    RA_ASSIGN_OR_RETURN(
        SqliteStatement update,
        connection_.Prepare("UPDATE studies SET seed = ?, config = ?"));
    update.Bind(1, static_cast<int64_t>(seed));
    update.Bind(2, config);
    return update.Run();
  }));
  header_.seed = seed;
  header_.config = config;
  return {};
}

Status SqliteStore::InTransaction(const std::function<Status()>& write) {
  if (!lock_.has_value()) {
    return FailedPrecondition(file_.string() + ": was opened to read");
  }
  RA_RETURN_IF_ERROR(connection_.Execute("BEGIN IMMEDIATE"));
  Status written = write();
  if (written.has_value()) written = connection_.Execute("COMMIT");
  if (!written.has_value()) Status ignored = connection_.Execute("ROLLBACK");
  return written;
}

Status SqliteStore::InsertAsked(std::span<const Trial> trials) {
  RA_ASSIGN_OR_RETURN(
      SqliteStatement insert,
      connection_.Prepare("INSERT INTO asked (" + std::string(kPlanColumns) +
                          ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const Trial& trial : trials) {
    BindPlan(trial, insert);
    RA_RETURN_IF_ERROR(insert.Run());
  }
  return {};
}

Status SqliteStore::InsertTrial(const Trial& trial) {
  RA_ASSIGN_OR_RETURN(
      SqliteStatement insert,
      connection_.Prepare("INSERT INTO trials (" + std::string(kPlanColumns) +
                          ", state, objective, reason, duration_seconds) "
                          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  BindPlan(trial, insert);
  insert.Bind(kNumPlanColumns + 1, static_cast<int64_t>(trial.state));
  insert.Bind(kNumPlanColumns + 2, trial.measurement.objective);
  insert.Bind(kNumPlanColumns + 3, trial.reason);
  insert.Bind(kNumPlanColumns + 4, trial.duration_seconds);
  RA_RETURN_IF_ERROR(insert.Run());
  RA_RETURN_IF_ERROR(InsertParts(trial));
  RA_ASSIGN_OR_RETURN(
      SqliteStatement insert_order,
      connection_.Prepare("INSERT INTO append_order (trial_id) VALUES (?)"));
  insert_order.Bind(1, trial.id);
  return insert_order.Run();
}

// What a trial has several of, each in a table with the trial and a position.
Status SqliteStore::InsertParts(const Trial& trial) {
  auto insert = [&](const char* statement,
                    const auto& parts,
                    const auto& bind) -> Status {
    if (parts.empty()) return {};
    RA_ASSIGN_OR_RETURN(SqliteStatement row, connection_.Prepare(statement));
    int64_t position = 0;
    for (const auto& part : parts) {
      row.Bind(1, trial.id);
      row.Bind(2, position++);
      bind(row, part);
      RA_RETURN_IF_ERROR(row.Run());
    }
    return {};
  };
  RA_RETURN_IF_ERROR(insert("INSERT INTO metrics VALUES (?, ?, ?, ?)",
                            trial.measurement.metrics,
                            [](SqliteStatement& row, const Metric& metric) {
                              row.Bind(3, metric.name);
                              row.Bind(4, metric.value);
                            }));
  RA_RETURN_IF_ERROR(
      insert("INSERT INTO reports VALUES (?, ?, ?, ?)",
             trial.reports,
             [](SqliteStatement& row, const TrialReport& report) {
               row.Bind(3, report.fraction_done);
               row.Bind(4, report.value);
             }));
  return insert(
      "INSERT INTO artifacts VALUES (?, ?, ?)",
      trial.artifacts,
      [](SqliteStatement& row, const std::string& path) { row.Bind(3, path); });
}

Result<std::vector<int64_t>> SqliteStore::LoadAppendOrder() {
  const char* by_position =
      "SELECT trial_id FROM append_order ORDER BY position";
  RA_ASSIGN_OR_RETURN(
      SqliteStatement query,
      connection_.Prepare(revision_ < kFirstRevisionWithAsked
                              ? "SELECT id FROM trials ORDER BY id"
                              : by_position));
  std::vector<int64_t> ids;
  while (true) {
    RA_ASSIGN_OR_RETURN(bool has_row, query.Step());
    if (!has_row) return ids;
    ids.push_back(query.Int(0));
  }
}

Result<std::vector<Trial>> SqliteStore::LoadAsked() {
  std::vector<Trial> asked;
  if (revision_ < kFirstRevisionWithAsked) return asked;
  RA_ASSIGN_OR_RETURN(
      SqliteStatement query,
      connection_.Prepare(
          "SELECT " + PlanColumns(revision_) +
          " FROM asked WHERE id NOT IN (SELECT id FROM trials) ORDER BY id"));
  while (true) {
    RA_ASSIGN_OR_RETURN(bool has_row, query.Step());
    if (!has_row) return asked;
    auto trial = PlanInRow(query);
    if (!trial) return Damaged(trial.error().message);
    asked.push_back(*std::move(trial));
  }
}

Result<std::vector<Trial>> SqliteStore::LoadTrials() {
  RA_ASSIGN_OR_RETURN(
      SqliteStatement query,
      connection_.Prepare(
          "SELECT " + PlanColumns(revision_) +
          ", state, objective, reason, duration_seconds FROM trials "
          "ORDER BY id"));
  // One transaction, so that trials and their parts belong together.
  RA_RETURN_IF_ERROR(connection_.Execute("BEGIN"));
  std::vector<Trial> trials;
  Status loaded = [&]() -> Status {
    while (true) {
      RA_ASSIGN_OR_RETURN(bool has_row, query.Step());
      if (!has_row) return LoadParts(trials);
      auto trial = TrialInRow(query);
      if (!trial) return Damaged(trial.error().message);
      trials.push_back(*std::move(trial));
    }
  }();
  query.Reset();
  RA_RETURN_IF_ERROR(connection_.Execute("COMMIT"));
  RA_RETURN_IF_ERROR(std::move(loaded));
  return trials;
}

// The columns of a part follow the trial's id, which is first.
Status SqliteStore::LoadParts(std::vector<Trial>& trials) {
  auto load = [&](const char* what,
                  const std::string& columns,
                  const auto& add) -> Status {
    RA_ASSIGN_OR_RETURN(
        SqliteStatement query,
        connection_.Prepare("SELECT trial_id, " + columns + " FROM " + what +
                            " ORDER BY trial_id, position"));
    auto trial = trials.begin();
    while (true) {
      RA_ASSIGN_OR_RETURN(bool has_row, query.Step());
      if (!has_row) return {};
      const int64_t id = query.Int(0);
      while (trial != trials.end() && trial->id < id) ++trial;
      if (trial == trials.end() || trial->id != id) {
        return Damaged(std::string(what) + " of trial " + std::to_string(id) +
                       ", which is not there");
      }
      add(*trial, query);
    }
  };
  RA_RETURN_IF_ERROR(load(
      "metrics", "name, value", [](Trial& trial, const SqliteStatement& row) {
        trial.measurement.metrics.push_back({row.Text(1), row.Double(2)});
      }));
  if (revision_ < kFirstRevisionWithReports) return {};
  RA_RETURN_IF_ERROR(
      load("reports",
           "fraction_done, value",
           [](Trial& trial, const SqliteStatement& row) {
             trial.reports.push_back({row.Double(1), row.Double(2)});
           }));
  return load(
      "artifacts", "path", [](Trial& trial, const SqliteStatement& row) {
        trial.artifacts.push_back(row.Text(1));
      });
}

tl::unexpected<Error> SqliteStore::Damaged(const std::string& what) const {
  return DataLoss(file_.string() + ": is damaged: " + what);
}

}  // namespace rankadaptor::runners
