// What a trial costs besides its evaluation: one Ask and one Tell, after so
// many finished trials, with the study in memory and in a file.
#include <filesystem>
#include <numeric>
#include <unistd.h>

#include <benchmark/benchmark.h>

#include "rankadaptor/common/check.h"
#include "rankadaptor/search/ask_tell_study.h"
#include "rankadaptor/search/strategy_factory.h"

#include "runners/store/sqlite_store.h"

namespace rankadaptor {
namespace {

using runners::Durability;
using runners::SqliteStore;

SearchSpace RankSpace() {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 26; ++i) {
    parameters.push_back({"layer " + std::to_string(i), {2, 4, 6, 8, 10, 12}});
  }
  return SearchSpace::Create(std::move(parameters)).value();
}

void AskAndTell(AskTellStudy& study) {
  const AskedTrial trial = study.Ask(1).value()[0];
  const std::vector<int32_t>& choices = trial.configuration.choices;
  const double score = std::accumulate(choices.begin(), choices.end(), 0.0);
  RA_CHECK(study.Tell(trial.id, score).has_value());
}

// Makes the finished trials, then measures.
void Measure(benchmark::State& state, Store& store, const char* strategy) {
  const SearchSpace space = RankSpace();
  auto study = AskTellStudy::Create(
                   space,
                   {.store = &store,
                    .strategy = MakeStrategy(strategy, space, {}).value()})
                   .value();
  for (int64_t i = 0; i < state.range(0); ++i) AskAndTell(*study);
  for (auto _ : state) AskAndTell(*study);
}

void BM_Memory(benchmark::State& state, const char* strategy) {
  MemoryStore store;
  Measure(state, store, strategy);
}
BENCHMARK_CAPTURE(BM_Memory, random, "random")
    ->ArgName("finished")
    ->Arg(100)
    ->Arg(1000)
    ->Arg(5000)
    ->Iterations(100)
    ->Unit(benchmark::kMillisecond);

// Real time: most of it is waiting for the disk.
void BM_File(benchmark::State& state, Durability durability) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() /
      ("bench_ask_tell_" + std::to_string(::getpid()) + ".db");
  {
    auto store = SqliteStore::Create(file, {}, durability).value();
    Measure(state, *store, "random");
  }
  std::filesystem::remove(file);
}
BENCHMARK_CAPTURE(BM_File, power_loss, Durability::kPowerLoss)
    ->ArgName("finished")
    ->Arg(100)
    ->Arg(1000)
    ->Iterations(100)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_File, killed_process, Durability::kKilledProcess)
    ->ArgName("finished")
    ->Arg(100)
    ->Arg(1000)
    ->Iterations(100)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rankadaptor
