// Where a study is kept: in a file, or under a name in a PostgreSQL database.
//
//   a.study.db
//   postgresql://user@host:5432/database?study=name
//
// Such a URL is libpq's (percent-encoding, unix sockets by `?host=/run/...`,
// `sslmode` and the like), but for `study`, which is ours.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_RUNNERS_STORE_STUDY_LOCATION_H_
#define RANKADAPTOR_RUNNERS_STORE_STUDY_LOCATION_H_

#include <string>
#include <string_view>

#include "rankadaptor/common/result.h"

namespace rankadaptor::runners {

// True for what begins as a URL of a database does.
bool IsDatabaseUrl(std::string_view text);

struct DatabaseLocation {
  std::string connection;  // what libpq takes
  std::string study;       // empty: the database as a whole
  // For messages: as given, without a password.
  std::string shown;

  // Another study of the same database.
  DatabaseLocation Named(const std::string& name) const;
};

// kInvalidArgument says what is wrong with the URL or the study's name, which
// has at most 200 bytes and no control characters.
Result<DatabaseLocation> ParseDatabaseUrl(const std::string& url);

// A file or URL for messages: as given, without a password.
std::string ShownPlace(const std::string& place);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STORE_STUDY_LOCATION_H_
