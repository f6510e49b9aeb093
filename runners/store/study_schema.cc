#include "runners/store/study_schema.h"

#include <string>

namespace rankadaptor::runners {
namespace {

// Columns that hold doubles have type ANY: REAL would turn -0.0 into 0.
constexpr char kRevision1[] = R"(
CREATE TABLE studies (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  fingerprint TEXT NOT NULL,
  seed INTEGER NOT NULL,
  evaluator TEXT NOT NULL,
  config TEXT NOT NULL,
  config_file TEXT NOT NULL,
  created_unix_microseconds INTEGER NOT NULL
) STRICT;
CREATE TABLE trials (
  id INTEGER PRIMARY KEY CHECK (id >= 0),
  purpose INTEGER NOT NULL,
  label TEXT NOT NULL,
  choices TEXT NOT NULL,
  seed INTEGER NOT NULL,
  split INTEGER NOT NULL,
  predicted ANY,
  state INTEGER NOT NULL,
  objective ANY NOT NULL,
  reason TEXT NOT NULL,
  duration_seconds ANY NOT NULL
) STRICT;
CREATE TABLE metrics (
  trial_id INTEGER NOT NULL REFERENCES trials (id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  value ANY NOT NULL,
  PRIMARY KEY (trial_id, position)
) STRICT, WITHOUT ROWID;
)";

// Since revision 2. The order of results is what a resumed study tells its
// strategy again.
constexpr char kRevision2[] = R"(
CREATE TABLE asked (
  id INTEGER PRIMARY KEY CHECK (id >= 0),
  purpose INTEGER NOT NULL,
  label TEXT NOT NULL,
  choices TEXT NOT NULL,
  seed INTEGER NOT NULL,
  split INTEGER NOT NULL,
  predicted ANY
) STRICT;
CREATE TABLE append_order (
  position INTEGER PRIMARY KEY,
  trial_id INTEGER NOT NULL REFERENCES trials (id)
) STRICT;
INSERT INTO append_order (trial_id) SELECT id FROM trials ORDER BY id;
)";

// Since revision 3: how much was spent on a trial, and what else was foreseen.
constexpr char kRevision3[] = R"(
ALTER TABLE trials ADD COLUMN fidelity ANY NOT NULL DEFAULT 1.0;
ALTER TABLE trials ADD COLUMN deviation ANY;
ALTER TABLE trials ADD COLUMN expected_improvement ANY;
ALTER TABLE asked ADD COLUMN fidelity ANY NOT NULL DEFAULT 1.0;
ALTER TABLE asked ADD COLUMN deviation ANY;
ALTER TABLE asked ADD COLUMN expected_improvement ANY;
)";

// Since revision 4: what an evaluation reported and left.
constexpr char kRevision4[] = R"(
CREATE TABLE reports (
  trial_id INTEGER NOT NULL REFERENCES trials (id),
  position INTEGER NOT NULL,
  fraction_done ANY NOT NULL,
  value ANY NOT NULL,
  PRIMARY KEY (trial_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE artifacts (
  trial_id INTEGER NOT NULL REFERENCES trials (id),
  position INTEGER NOT NULL,
  path TEXT NOT NULL,
  PRIMARY KEY (trial_id, position)
) STRICT, WITHOUT ROWID;
)";

std::string SetRevision() {
  return "PRAGMA user_version = " + std::to_string(kSchemaRevision) + ";";
}

}  // namespace

Status CreateSchema(SqliteConnection& connection) {
  return connection.Execute(
      "PRAGMA application_id = " + std::to_string(kApplicationId) + ";" +
      SetRevision() + kRevision1 + kRevision2 + kRevision3 + kRevision4);
}

Status UpgradeSchema(SqliteConnection& connection, int64_t revision) {
  if (revision == kSchemaRevision) return {};
  std::string steps;
  if (revision < kFirstRevisionWithAsked) steps += kRevision2;
  if (revision < kFirstRevisionWithFidelity) steps += kRevision3;
  if (revision < kFirstRevisionWithReports) steps += kRevision4;
  Status upgraded =
      connection.Execute("BEGIN IMMEDIATE;" + SetRevision() + steps + "COMMIT");
  if (!upgraded) Status ignored = connection.Execute("ROLLBACK");
  return upgraded;
}

}  // namespace rankadaptor::runners
