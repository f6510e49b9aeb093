// What a trial costs besides its evaluation: one Ask and one Tell after so many
// finished trials, 26 layers of six levels, the study in memory or in a file.
//
//   bench_ask_tell STRATEGY STORES TRIALS [FOLDER]
//
// STORES are of memory, killed_process, power_loss (what a file survives),
// separated by commas. Each has a study of its own; they are asked and told in
// turn, so that all see the same load, and get the same trials. Files are in
// FOLDER (the temporary folder): one whose disk is real. Prints a CSV row a
// store: milliseconds of processor time (median, mean, longest), milliseconds
// that pass (median; and the median of how much longer than the first store's)
// and the process's peak memory, where there is only one store.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/ask_tell_study.h"
#include "rankadaptor/search/strategy_factory.h"

#include "runners/store/sqlite_store.h"

namespace rankadaptor {
namespace {

using runners::Durability;
using runners::SqliteStore;

constexpr int kNumLayers = 26;

SearchSpace RankSpace() {
  std::vector<Parameter> parameters;
  for (int i = 0; i < kNumLayers; ++i) {
    parameters.push_back({"layer " + std::to_string(i), {2, 4, 6, 8, 10, 12}});
  }
  return SearchSpace::Create(std::move(parameters)).value();
}

// A sum with neighbours' products and some noise.
double Score(const Configuration& x, RandomStream& noise) {
  double score = noise.Normal(0, 1);
  for (size_t i = 0; i < x.choices.size(); ++i) {
    score += x.choices[i];
    if (i > 0) score -= 0.2 * x.choices[i] * x.choices[i - 1];
  }
  return score;
}

Status Prefill(Store& store, int count) {
  RandomStream stream(1, "prefill");
  for (int64_t id = 0; id < count; ++id) {
    Trial trial;
    trial.id = id;
    for (int i = 0; i < kNumLayers; ++i) {
      trial.configuration.choices.push_back(
          static_cast<int32_t>(stream.UniformInt(0, 5)));
    }
    trial.state = TrialState::kComplete;
    trial.measurement.objective = Score(trial.configuration, stream);
    RA_RETURN_IF_ERROR(store.AppendTrial(trial));
  }
  return {};
}

// With `count` trials; a file is filled without waiting for the disk.
Result<std::unique_ptr<Store>> MakeStore(const std::string& name,
                                         const std::filesystem::path& file,
                                         int count) {
  if (name == "memory") {
    auto store = std::make_unique<MemoryStore>();
    RA_RETURN_IF_ERROR(Prefill(*store, count));
    return store;
  }
  if (name != "killed_process" && name != "power_loss") {
    return InvalidArgument("store '" + name +
                           "' is not memory, killed_process or power_loss");
  }
  {
    RA_ASSIGN_OR_RETURN(
        auto store, SqliteStore::Create(file, {}, Durability::kKilledProcess));
    RA_RETURN_IF_ERROR(Prefill(*store, count));
  }
  return SqliteStore::Open(file,
                           name == "power_loss" ? Durability::kPowerLoss
                                                : Durability::kKilledProcess);
}

struct Cost {
  double cpu_ms = 0;
  double wall_ms = 0;
};

class Measured {
 public:
  static Result<Measured> Create(const std::string& strategy,
                                 const std::string& store,
                                 const std::filesystem::path& file,
                                 int num_trials) {
    Measured measured;
    measured.name_ = store;
    RA_ASSIGN_OR_RETURN(measured.store_, MakeStore(store, file, num_trials));
    const SearchSpace space = RankSpace();
    RA_ASSIGN_OR_RETURN(auto made, MakeStrategy(strategy, space, {}));
    RA_ASSIGN_OR_RETURN(measured.study_,
                        AskTellStudy::Create(space,
                                             {.store = measured.store_.get(),
                                              .strategy = std::move(made)}));
    RA_RETURN_IF_ERROR(measured.AskAndTell());  // whatever is done once
    measured.costs_.clear();
    return measured;
  }

  Status AskAndTell() {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu_start = std::clock();
    RA_ASSIGN_OR_RETURN(auto asked, study_->Ask(1));
    const Configuration& x = asked.at(0).configuration;
    RA_RETURN_IF_ERROR(study_->Tell(asked[0].id, Score(x, noise_)));
    const std::chrono::duration<double, std::milli> wall =
        std::chrono::steady_clock::now() - start;
    costs_.push_back(
        {.cpu_ms = 1e3 * static_cast<double>(std::clock() - cpu_start) /
                   CLOCKS_PER_SEC,
         .wall_ms = wall.count()});
    return {};
  }

  const std::string& name() const { return name_; }
  const std::vector<Cost>& costs() const { return costs_; }

 private:
  std::string name_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<AskTellStudy> study_;
  RandomStream noise_{1, "noise"};
  std::vector<Cost> costs_;
};

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Peak resident memory of the process; 0 where /proc does not tell.
double PeakMebibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes / 1024;
  }
  return 0;
}

void Print(const std::string& strategy,
           int num_trials,
           const Measured& measured,
           const Measured& first,
           bool alone) {
  std::vector<double> cpu;
  std::vector<double> wall;
  std::vector<double> longer;
  for (size_t i = 0; i < measured.costs().size(); ++i) {
    cpu.push_back(measured.costs()[i].cpu_ms);
    wall.push_back(measured.costs()[i].wall_ms);
    longer.push_back(wall.back() - first.costs()[i].wall_ms);
  }
  const double mean = std::accumulate(cpu.begin(), cpu.end(), 0.0) /
                      static_cast<double>(cpu.size());
  std::printf("%s,%s,%d,%d,%.2f,%.2f,%.1f,%.2f,%.2f,",
              strategy.c_str(),
              measured.name().c_str(),
              kNumLayers,
              num_trials,
              Median(cpu),
              mean,
              *std::ranges::max_element(cpu),
              Median(wall),
              Median(longer));
  if (alone) std::printf("%.0f", PeakMebibytes());
  std::printf("\n");
}

Status Measure(const std::string& strategy,
               const std::vector<std::string>& stores,
               int num_trials,
               const std::filesystem::path& folder) {
  std::vector<Measured> all;
  for (const std::string& store : stores) {
    RA_ASSIGN_OR_RETURN(
        Measured measured,
        Measured::Create(
            strategy, store, folder / (store + ".db"), num_trials));
    all.push_back(std::move(measured));
  }
  for (int n = 0; n < std::clamp(num_trials / 8, 16, 200); ++n) {
    for (Measured& measured : all) RA_RETURN_IF_ERROR(measured.AskAndTell());
  }
  for (const Measured& measured : all) {
    Print(strategy, num_trials, measured, all[0], all.size() == 1);
  }
  return {};
}

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    parts.push_back(part);
  }
  return parts;
}

}  // namespace
}  // namespace rankadaptor

int main(int argc, char** argv) {
  using namespace rankadaptor;
  const std::vector<std::string> stores =
      argc > 2 ? Split(argv[2]) : std::vector<std::string>();
  const int num_trials = argc > 3 ? std::atoi(argv[3]) : 0;
  if (argc > 5 || stores.empty() || num_trials < 1) {
    std::cerr << "usage: bench_ask_tell STRATEGY STORES TRIALS [FOLDER]\n";
    return 2;
  }
  const std::filesystem::path parent =
      argc == 5 ? std::filesystem::path(argv[4])
                : std::filesystem::temp_directory_path();
  const std::filesystem::path folder =
      parent / ("bench_ask_tell_" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const Status status = Measure(argv[1], stores, num_trials, folder);
  std::filesystem::remove_all(folder);
  if (!status) std::cerr << status.error().message << "\n";
  return status ? 0 : 1;
}
