#include "runners/store/postgres_schema.h"

#include <string>

namespace rankadaptor::runners {
namespace {

// position: the order in which results came.
constexpr char kRevision1[] = R"(
CREATE TABLE rankadaptor.studies (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  fingerprint text NOT NULL,
  seed bigint NOT NULL,
  evaluator text NOT NULL,
  config text NOT NULL,
  config_file text NOT NULL,
  created_unix_microseconds bigint NOT NULL
);
CREATE TABLE rankadaptor.trials (
  study bigint NOT NULL REFERENCES rankadaptor.studies ON DELETE CASCADE,
  id bigint NOT NULL CHECK (id >= 0),
  purpose smallint NOT NULL,
  label text NOT NULL,
  choices text NOT NULL,
  seed bigint NOT NULL,
  split smallint NOT NULL,
  predicted float8,
  fidelity float8 NOT NULL,
  deviation float8,
  expected_improvement float8,
  state smallint NOT NULL,
  objective float8 NOT NULL,
  reason text NOT NULL,
  duration_seconds float8 NOT NULL,
  position bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (study, id)
);
CREATE INDEX trials_by_position ON rankadaptor.trials (study, position);
CREATE TABLE rankadaptor.metrics (
  study bigint NOT NULL,
  trial bigint NOT NULL,
  position int NOT NULL,
  name text NOT NULL,
  value float8 NOT NULL,
  PRIMARY KEY (study, trial, position),
  FOREIGN KEY (study, trial) REFERENCES rankadaptor.trials ON DELETE CASCADE
);
CREATE TABLE rankadaptor.asked (
  study bigint NOT NULL REFERENCES rankadaptor.studies ON DELETE CASCADE,
  id bigint NOT NULL CHECK (id >= 0),
  purpose smallint NOT NULL,
  label text NOT NULL,
  choices text NOT NULL,
  seed bigint NOT NULL,
  split smallint NOT NULL,
  predicted float8,
  fidelity float8 NOT NULL,
  deviation float8,
  expected_improvement float8,
  PRIMARY KEY (study, id)
);
)";

// What an evaluation reported and left; and what workers share: who they are,
// and until when which of them has a trial.
constexpr char kRevision2[] = R"(
CREATE TABLE rankadaptor.reports (
  study bigint NOT NULL,
  trial bigint NOT NULL,
  position int NOT NULL,
  fraction_done float8 NOT NULL,
  value float8 NOT NULL,
  PRIMARY KEY (study, trial, position),
  FOREIGN KEY (study, trial) REFERENCES rankadaptor.trials ON DELETE CASCADE
);
CREATE TABLE rankadaptor.artifacts (
  study bigint NOT NULL,
  trial bigint NOT NULL,
  position int NOT NULL,
  path text NOT NULL,
  PRIMARY KEY (study, trial, position),
  FOREIGN KEY (study, trial) REFERENCES rankadaptor.trials ON DELETE CASCADE
);
CREATE TABLE rankadaptor.workers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study bigint NOT NULL REFERENCES rankadaptor.studies ON DELETE CASCADE,
  name text NOT NULL,
  slots int NOT NULL,
  lease_seconds float8 NOT NULL,
  started timestamptz NOT NULL DEFAULT now(),
  seen timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX workers_by_study ON rankadaptor.workers (study);
ALTER TABLE rankadaptor.studies
  ADD COLUMN program_version text NOT NULL DEFAULT '',
  ADD COLUMN done boolean NOT NULL DEFAULT false;
ALTER TABLE rankadaptor.trials ADD COLUMN worker bigint;
ALTER TABLE rankadaptor.asked
  ADD COLUMN worker bigint,
  ADD COLUMN attempt int NOT NULL DEFAULT 0,
  ADD COLUMN leased_until timestamptz;
)";

// Step n makes revision n + 1 of revision n.
constexpr const char* kSteps[kPostgresSchemaRevision] = {kRevision1,
                                                         kRevision2};

// "RADS", as in study files: keeps others from preparing at the same time.
constexpr int64_t kSchemaLock = 0x52414453;

// 0 if there are no tables. Looks into the catalogue itself: what to_regclass()
// says may be older than what another program has just committed.
Result<int64_t> ReadRevision(PostgresConnection& connection) {
  RA_ASSIGN_OR_RETURN(
      const PostgresRows table,
      connection.Query("SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE "
                       "schemaname = 'rankadaptor' AND "
                       "tablename = 'schema_revision')"));
  if (!table[0].Bool(0)) return 0;
  RA_ASSIGN_OR_RETURN(
      const PostgresRows revision,
      connection.Query("SELECT revision FROM rankadaptor.schema_revision"));
  return revision.empty() ? 0 : revision[0].Int(0);
}

Status Upgrade(PostgresConnection& connection) {
  RA_RETURN_IF_ERROR(
      connection.Query("SELECT pg_advisory_xact_lock($1)", {kSchemaLock}));
  RA_ASSIGN_OR_RETURN(const int64_t revision, ReadRevision(connection));
  std::string statements;
  if (revision == 0) {
    statements =
        "CREATE SCHEMA IF NOT EXISTS rankadaptor;"
        "CREATE TABLE IF NOT EXISTS rankadaptor.schema_revision"
        " (revision int NOT NULL);"
        "INSERT INTO rankadaptor.schema_revision VALUES (0);";
  }
  for (int64_t step = revision; step < kPostgresSchemaRevision; ++step) {
    statements += kSteps[step];
  }
  return connection.Execute(statements +
                            "UPDATE rankadaptor.schema_revision SET revision"
                            " = " +
                            std::to_string(kPostgresSchemaRevision));
}

}  // namespace

Status PrepareSchema(PostgresConnection& connection, const std::string& shown) {
  RA_ASSIGN_OR_RETURN(const int64_t revision, ReadRevision(connection));
  if (revision == kPostgresSchemaRevision) return {};
  if (revision > kPostgresSchemaRevision) {
    return DataLoss(shown + ": has schema revision " +
                    std::to_string(revision) + ", this program knows up to " +
                    std::to_string(kPostgresSchemaRevision) +
                    "; use a newer rankadaptor");
  }
  RA_RETURN_IF_ERROR(connection.Execute("BEGIN"));
  Status upgraded = Upgrade(connection);
  if (upgraded) return connection.Execute("COMMIT");
  Status ignored = connection.Execute("ROLLBACK");
  return upgraded;
}

}  // namespace rankadaptor::runners
