#include "runners/store/postgres_store.h"

#include <utility>

#include "rankadaptor/common/version.h"

#include "runners/store/postgres_schema.h"
#include "runners/store/postgres_trial.h"
#include "runners/store/trial_row.h"

namespace rankadaptor::runners {
Result<std::unique_ptr<PostgresStore>> PostgresStore::Connect(
    const DatabaseLocation& location) {
  RA_ASSIGN_OR_RETURN(PostgresConnection connection,
                      PostgresConnection::Open(location));
  RA_RETURN_IF_ERROR(PrepareSchema(connection, location.shown));
  return std::unique_ptr<PostgresStore>(
      new PostgresStore(location, std::move(connection)));
}

Result<std::unique_ptr<PostgresStore>> PostgresStore::Create(
    const DatabaseLocation& location, const StudyHeader& header) {
  if (location.study.empty()) return Open(location);  // says what is missing
  RA_ASSIGN_OR_RETURN(std::unique_ptr<PostgresStore> store, Connect(location));
  auto made = store->connection_.Query(
      "INSERT INTO rankadaptor.studies (name, fingerprint, seed, evaluator, "
      "config, config_file, created_unix_microseconds, program_version) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      {location.study,
       header.fingerprint,
       static_cast<int64_t>(header.seed),
       header.evaluator,
       header.config,
       header.config_file,
       header.created_unix_microseconds,
       std::string(kVersion)});
  if (!made && made.error().code == ErrorCode::kAlreadyExists) {
    return AlreadyExists(location.shown + ": exists already");
  }
  RA_RETURN_IF_ERROR(std::move(made));
  RA_RETURN_IF_ERROR(store->LoadHeader());
  return store;
}

Result<std::unique_ptr<PostgresStore>> PostgresStore::Open(
    const DatabaseLocation& location) {
  if (location.study.empty()) {
    return InvalidArgument(location.shown +
                           ": names no study; add ?study=name");
  }
  RA_ASSIGN_OR_RETURN(std::unique_ptr<PostgresStore> store, Connect(location));
  RA_RETURN_IF_ERROR(store->LoadHeader());
  return store;
}

Result<std::vector<std::string>> PostgresStore::List(
    const DatabaseLocation& location) {
  RA_ASSIGN_OR_RETURN(std::unique_ptr<PostgresStore> store, Connect(location));
  RA_ASSIGN_OR_RETURN(
      const PostgresRows rows,
      store->connection_.Query(
          "SELECT name FROM rankadaptor.studies ORDER BY name"));
  std::vector<std::string> names;
  for (int i = 0; i < rows.size(); ++i) names.push_back(rows[i].Text(0));
  return names;
}

Status PostgresStore::Delete(const DatabaseLocation& location) {
  RA_ASSIGN_OR_RETURN(std::unique_ptr<PostgresStore> store, Open(location));
  return store->connection_
      .Query("DELETE FROM rankadaptor.studies WHERE id = $1", {store->study_})
      .map([](const PostgresRows&) {});
}

Status PostgresStore::LoadHeader() {
  RA_ASSIGN_OR_RETURN(
      const PostgresRows rows,
      connection_.Query(
          "SELECT id, fingerprint, seed, evaluator, config, config_file, "
          "created_unix_microseconds, program_version FROM "
          "rankadaptor.studies WHERE name = $1",
          {location_.study}));
  if (rows.empty()) {
    return NotFound(location_.shown + ": the database has no such study");
  }
  const PostgresRow row = rows[0];
  study_ = row.Int(0);
  header_ = {.fingerprint = row.Text(1),
             .seed = static_cast<uint64_t>(row.Int(2)),
             .evaluator = row.Text(3),
             .config = row.Text(4),
             .config_file = row.Text(5),
             .created_unix_microseconds = row.Int(6)};
  program_version_ = row.Text(7);
  return {};
}

// One statement, so that it needs no transaction and one round trip.
Status PostgresStore::AppendTrial(const Trial& trial) {
  RA_RETURN_IF_ERROR(CheckNumbers(trial));
  static const std::string kStatement =
      "WITH stored AS (INSERT INTO rankadaptor.trials (study, " +
      std::string(kPlanColumns) + ", " + kResultColumns +
      ") VALUES ($1, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $2, $3, "
      "$4, $5) RETURNING study, id), "
      "answered AS (DELETE FROM rankadaptor.asked WHERE study = $1 AND id = "
      "$7), " +
      StorePartsOfTrial() + "SELECT count(*) FROM stored";
  std::vector<PostgresValue> values = {study_};
  for (PostgresValue& value : ResultValues(trial)) {
    values.push_back(std::move(value));
  }
  for (PostgresValue& value : PlanValues(trial)) {
    values.push_back(std::move(value));
  }
  auto stored = connection_.Query(kStatement, values);
  if (stored) return {};
  if (stored.error().code == ErrorCode::kAlreadyExists) {
    return AlreadyExists(location_.shown + ": trial " +
                         std::to_string(trial.id) + " is stored already");
  }
  return tl::unexpected(stored.error());
}

// Inserts nothing if one of them has a result.
Status PostgresStore::AppendAsked(std::span<const Trial> trials) {
  if (trials.empty()) return {};
  static const std::string kStatement =
      "WITH given AS (SELECT (p->>0)::bigint, (p->>1)::smallint, p->>2, "
      "p->>3, (p->>4)::bigint, (p->>5)::smallint, (p->>6)::float8, "
      "(p->>7)::float8, (p->>8)::float8, (p->>9)::float8 "
      "FROM json_array_elements($2::json) AS plans (p)), "
      "named (" +
      std::string(kPlanColumns) +
      ") AS (SELECT * FROM given) "
      "INSERT INTO rankadaptor.asked (study, " +
      kPlanColumns + ") SELECT $1::bigint, " + kPlanColumns +
      " FROM named WHERE NOT EXISTS (SELECT FROM named JOIN "
      "rankadaptor.trials finished ON finished.study = $1 AND finished.id = "
      "named.id) ORDER BY id";
  auto asked = connection_.Query(kStatement, {study_, PlansAsJson(trials)});
  if (asked && asked->num_affected() > 0) return {};
  if (asked || asked.error().code == ErrorCode::kAlreadyExists) {
    return AlreadyExists(location_.shown + ": a trial from " +
                         std::to_string(trials.front().id) + " to " +
                         std::to_string(trials.back().id) +
                         " was asked already");
  }
  return tl::unexpected(asked.error());
}

Result<std::vector<int64_t>> PostgresStore::LoadAppendOrder() {
  RA_ASSIGN_OR_RETURN(
      const PostgresRows rows,
      connection_.Query("SELECT id FROM rankadaptor.trials WHERE study = $1 "
                        "ORDER BY position",
                        {study_}));
  std::vector<int64_t> ids;
  for (int i = 0; i < rows.size(); ++i) ids.push_back(rows[i].Int(0));
  return ids;
}

Result<std::vector<Trial>> PostgresStore::LoadAsked() {
  RA_ASSIGN_OR_RETURN(
      const PostgresRows rows,
      connection_.Query("SELECT " + std::string(kPlanColumns) +
                            " FROM rankadaptor.asked WHERE study = $1 "
                            "ORDER BY id",
                        {study_}));
  std::vector<Trial> asked;
  for (int i = 0; i < rows.size(); ++i) {
    auto trial = PlanInRow(rows[i]);
    if (!trial) return Damaged(trial.error().message);
    asked.push_back(*std::move(trial));
  }
  return asked;
}

// All queries see the same trials.
Result<std::vector<Trial>> PostgresStore::LoadTrials() {
  RA_RETURN_IF_ERROR(connection_.Execute(
      "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"));
  auto trials = ReadTrials(connection_, study_, "study = $1");
  Status ended = connection_.Execute("COMMIT");
  if (!trials && trials.error().code == ErrorCode::kDataLoss) {
    return Damaged(trials.error().message);
  }
  if (trials) RA_RETURN_IF_ERROR(std::move(ended));
  return trials;
}

Status PostgresStore::ReplaceConfig(uint64_t seed, const std::string& config) {
  RA_RETURN_IF_ERROR(connection_.Query(
      "UPDATE rankadaptor.studies SET seed = $2, config = $3 WHERE id = $1",
      {study_, static_cast<int64_t>(seed), config}));
  header_.seed = seed;
  header_.config = config;
  return {};
}

Result<int> PostgresStore::CountWorkers() {
  RA_ASSIGN_OR_RETURN(
      const PostgresRows rows,
      connection_.Query("SELECT count(*) FROM rankadaptor.workers WHERE study "
                        "= $1 AND seen > now() - lease_seconds * interval '1 "
                        "second'",
                        {study_}));
  return static_cast<int>(rows[0].Int(0));
}

tl::unexpected<Error> PostgresStore::Damaged(const std::string& what) const {
  return DataLoss(location_.shown + ": is damaged: " + what);
}

}  // namespace rankadaptor::runners
