// Requests scored per CPU second, tokenising included, for every golden model
// and task (the peer's figures are in the golden folder's README). Without the
// golden folder there is nothing to measure.
#include <benchmark/benchmark.h>

#include "rankadaptor/llama/scorer.h"

#include "tests/golden/support/golden.h"

namespace rankadaptor {
namespace {

using testing::GoldenDir;

// Everything that one benchmark needs, loaded before the clock starts.
struct Case {
  llama::Model model;
  llama::Tokenizer tokenizer;
  llama::Task task;
  int64_t max_length;
};

Case Load(const testing::GoldenCase& golden, const std::string& task) {
  return {llama::Model::Load(golden.model, {}).value(),
          llama::Tokenizer::Load(golden.model).value(),
          llama::LoadTask(task, GoldenDir() / "lm_eval" / "docs").value(),
          golden.data["tasks"][task + "/bos_true"]["max_length"]};
}

void ScoreGoldenTask(benchmark::State& state, const Case& c, int64_t batch) {
  const auto all =
      llama::AllDocuments(static_cast<int64_t>(c.task.documents.size()));
  llama::ScoringOptions options;
  options.max_length = c.max_length;
  options.batch_size = batch;
  int64_t num_requests = 0;
  for (auto _ : state) {
    auto encoded =
        llama::EncodeTask(
            c.task, all, c.tokenizer, llama::ScoringPreset::k04WithBos)
            .value();
    auto scores = llama::ScoreTask(c.model, nullptr, encoded, options).value();
    for (const auto& document : scores.documents) {
      num_requests += static_cast<int64_t>(document.choices.size());
    }
  }
  state.counters["requests"] = benchmark::Counter(
      static_cast<double>(num_requests), benchmark::Counter::kIsRate);
}

void RegisterAll() {
  for (const auto& golden : testing::GoldenCases("lm_eval", "lm_eval_")) {
    if (!golden.data.contains("tasks")) continue;
    for (const std::string& task : llama::BuiltinTaskNames()) {
      if (!golden.data["tasks"].contains(task + "/bos_true")) continue;
      for (const int64_t batch : {0, 1, 16}) {
        benchmark::RegisterBenchmark(
            (golden.name + "/" + task + "/batch:" + std::to_string(batch))
                .c_str(),
            [golden, task, batch](benchmark::State& state) {
              ScoreGoldenTask(state, Load(golden, task), batch);
            })
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
}

}  // namespace
}  // namespace rankadaptor

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  rankadaptor::llama::SetIntraOpThreads(1);
  rankadaptor::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
