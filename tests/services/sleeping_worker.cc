// One worker of a study whose evaluator sleeps, as a process: what can be
// killed. Prints nothing unless it fails.
//
//   sleeping_worker URL TRIALS BATCH ASYNCHRONOUS TRIAL_SECONDS LEASE_SECONDS
#include "tests/services/sleeping_worker.h"

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  using namespace rankadaptor;  // NOLINT
  if (argc != 7) return 2;
  const auto location = runners::ParseDatabaseUrl(argv[1]);
  if (!location) return 2;
  // The first one makes the study.
  auto made = runners::PostgresStore::Create(*location, {});
  if (!made && made.error().code != ErrorCode::kAlreadyExists) {
    std::fprintf(stderr, "%s\n", made.error().message.c_str());
    return 1;
  }
  if (made) made->reset();
  testing::SleepingWorker worker(*location,
                                 {.max_trials = std::atoi(argv[2]),
                                  .batch_size = std::atoi(argv[3]),
                                  .asynchronous = std::atoi(argv[4]) != 0,
                                  .trial_seconds = std::atof(argv[5]),
                                  .lease_seconds = std::atof(argv[6])});
  const Status done = worker.Work();
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return 1;
}
