// The tables of studies in a PostgreSQL database, all of them in the schema
// `rankadaptor`, as docs/formats.md describes them.
#ifndef RANKADAPTOR_RUNNERS_STORE_POSTGRES_SCHEMA_H_
#define RANKADAPTOR_RUNNERS_STORE_POSTGRES_SCHEMA_H_

#include "rankadaptor/common/result.h"

#include "runners/store/postgres.h"

namespace rankadaptor::runners {

inline constexpr int kPostgresSchemaRevision = 2;

// Makes the tables if they are not there, and adds what those of an older
// revision lack; several programs may do so at the same time. kDataLoss if
// they are of a newer revision than this program knows. `shown` names the
// database in messages.
Status PrepareSchema(PostgresConnection& connection, const std::string& shown);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_POSTGRES_SCHEMA_H_
