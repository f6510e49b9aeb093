// The tables of a study file, as docs/formats.md describes them.
#ifndef RANKADAPTOR_RUNNERS_STORE_STUDY_SCHEMA_H_
#define RANKADAPTOR_RUNNERS_STORE_STUDY_SCHEMA_H_

#include <cstdint>

#include "rankadaptor/common/result.h"

#include "runners/store/sqlite.h"

namespace rankadaptor::runners {

// "RADS": what makes a SQLite file ours.
inline constexpr int64_t kApplicationId = 0x52414453;

inline constexpr int64_t kSchemaRevision = 4;

// Revision 1 had no asked trials and no order of results.
inline constexpr int64_t kFirstRevisionWithAsked = 2;
// In older files every trial is a full one, and of what was foreseen only Q is
// there.
inline constexpr int64_t kFirstRevisionWithFidelity = 3;
// Older files have neither intermediate values nor paths of artifacts.
inline constexpr int64_t kFirstRevisionWithReports = 4;

// Makes the tables and marks the file. Inside the caller's transaction.
Status CreateSchema(SqliteConnection& connection);

// Adds what a file of an older `revision` lacks, in one transaction.
Status UpgradeSchema(SqliteConnection& connection, int64_t revision);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_STUDY_SCHEMA_H_
