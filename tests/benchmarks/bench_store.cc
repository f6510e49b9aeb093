// What storing a trial costs in a study with so many of them: 26 layers, ten
// metrics, as a search stores them.
//
//   bench_store STUDY TRIALS
//
// STUDY is a file that is not there yet, or a postgresql:// URL of a new study.
// The store is filled with TRIALS trials; the first and the last hundred are
// timed, a file's so that they survive a power cut (the others are written
// without waiting for the disk; a database does what its server is set to).
// Prints a CSV row: trials, milliseconds a trial at the start and at the end
// (medians of what passes), the same of processor time of this process, and
// seconds to read all of them.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rankadaptor/common/random_stream.h"

#include "runners/store/postgres_store.h"
#include "runners/store/sqlite_store.h"
#include "runners/store/study_location.h"

namespace rankadaptor::runners {
namespace {

constexpr int kTimed = 100;
constexpr int kNumLayers = 26;
constexpr int kNumMetrics = 10;

using OpenStore =
    std::function<Result<std::unique_ptr<Store>>(bool create, Durability)>;

template <typename T>
Result<std::unique_ptr<Store>> AsStore(Result<std::unique_ptr<T>> store) {
  if (!store) return tl::unexpected(std::move(store).error());
  return std::unique_ptr<Store>(*std::move(store));
}

OpenStore Opener(const std::string& place) {
  if (!IsDatabaseUrl(place)) {
    return [place](bool create, Durability durability) {
      return AsStore(create ? SqliteStore::Create(place, {}, durability)
                            : SqliteStore::Open(place, durability));
    };
  }
  return [place](bool create, Durability) -> Result<std::unique_ptr<Store>> {
    RA_ASSIGN_OR_RETURN(const DatabaseLocation location,
                        ParseDatabaseUrl(place));
    return AsStore(create ? PostgresStore::Create(location, {})
                          : PostgresStore::Open(location));
  };
}

Trial MakeTrial(int64_t id, RandomStream& stream) {
  Trial trial;
  trial.id = id;
  for (int i = 0; i < kNumLayers; ++i) {
    trial.configuration.choices.push_back(
        static_cast<int32_t>(stream.UniformInt(0, 5)));
  }
  trial.predicted = stream.Normal(0, 1);
  trial.state = TrialState::kComplete;
  trial.measurement.objective = stream.Normal(0, 1);
  for (int i = 0; i < kNumMetrics; ++i) {
    trial.measurement.metrics.push_back(
        {"task " + std::to_string(i), stream.Normal(0, 1)});
  }
  trial.duration_seconds = 60;
  return trial;
}

double Now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double ProcessorSeconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double Median(std::vector<double> values) {
  auto middle = values.begin() + static_cast<int64_t>(values.size()) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Milliseconds a trial.
struct Cost {
  double passed = 0;
  double processor = 0;
};

class StoreBenchmark {
 public:
  explicit StoreBenchmark(const std::string& place) : open_(Opener(place)) {}

  Status Run(int num_trials) {
    RA_ASSIGN_OR_RETURN(const Cost first, TimeSome(/*create=*/true));
    RA_RETURN_IF_ERROR(Fill(num_trials - 2 * kTimed));
    RA_ASSIGN_OR_RETURN(const Cost last, TimeSome(/*create=*/false));
    RA_ASSIGN_OR_RETURN(auto store, open_(false, Durability::kPowerLoss));
    const double start = Now();
    RA_ASSIGN_OR_RETURN(const std::vector<Trial> trials, store->LoadTrials());
    std::printf(
        "trials,first_ms,last_ms,first_cpu_ms,last_cpu_ms,read_seconds\n"
        "%zu,%.3f,%.3f,%.3f,%.3f,%.2f\n",
        trials.size(),
        first.passed,
        last.passed,
        first.processor,
        last.processor,
        Now() - start);
    return {};
  }

 private:
  Result<Cost> TimeSome(bool create) {
    RA_ASSIGN_OR_RETURN(auto store, open_(create, Durability::kPowerLoss));
    std::vector<double> passed;
    const double processor = ProcessorSeconds();
    for (int i = 0; i < kTimed; ++i) {
      const Trial trial = MakeTrial(next_id_++, stream_);
      const double start = Now();
      RA_RETURN_IF_ERROR(store->AppendTrial(trial));
      passed.push_back(1000 * (Now() - start));
    }
    return Cost{Median(std::move(passed)),
                1000 * (ProcessorSeconds() - processor) / kTimed};
  }

  Status Fill(int count) {
    RA_ASSIGN_OR_RETURN(auto store, open_(false, Durability::kKilledProcess));
    for (int i = 0; i < count; ++i) {
      RA_RETURN_IF_ERROR(store->AppendTrial(MakeTrial(next_id_++, stream_)));
    }
    return {};
  }

  const OpenStore open_;
  RandomStream stream_{1, "trials"};
  int64_t next_id_ = 0;
};

}  // namespace
}  // namespace rankadaptor::runners

int main(int argc, char** argv) {
  using namespace rankadaptor::runners;  // NOLINT
  const int num_trials = argc == 3 ? std::atoi(argv[2]) : 0;
  if (num_trials < 2 * kTimed) {
    std::fprintf(stderr, "usage: bench_store STUDY TRIALS (200 or more)\n");
    return 2;
  }
  const auto done = StoreBenchmark(argv[1]).Run(num_trials);
  if (done) return 0;
  std::fprintf(stderr, "bench_store: %s\n", done.error().message.c_str());
  return 1;
}
