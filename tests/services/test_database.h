// The database that tests/services/with_postgres started.
#ifndef RANKADAPTOR_TESTS_SERVICES_TEST_DATABASE_H_
#define RANKADAPTOR_TESTS_SERVICES_TEST_DATABASE_H_

#include <atomic>
#include <cstdlib>
#include <string>
#include <unistd.h>

#include "runners/store/study_location.h"

namespace rankadaptor::testing {

// Ends the program without it: with_postgres skips where there is none.
inline runners::DatabaseLocation TestDatabase() {
  const char* url = std::getenv("RANKADAPTOR_TEST_POSTGRES");
  if (url == nullptr) std::abort();
  return runners::ParseDatabaseUrl(url).value();
}

// A name that no other study of the database has.
inline std::string NewStudyName() {
  static std::atomic<int> count = 0;
  return "study " + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_SERVICES_TEST_DATABASE_H_
