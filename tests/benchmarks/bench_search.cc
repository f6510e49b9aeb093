// How fast candidates are drawn and scored. The figure that counts is
// items_per_second: candidates a second, all threads together.
#include <benchmark/benchmark.h>

#include "rankadaptor/search/search_space.h"
#include "rankadaptor/surrogate/mlp_model.h"

#include "search/candidate_search.h"
#include "search/sampler.h"
#include "surrogate/mlp/dense_network.h"

namespace rankadaptor {
namespace {

constexpr int kNumLayers = 26;

// The paper's space, with a budget of so many ranks a layer on average (0: no
// budget).
SearchSpace RankSpace(int64_t mean_rank) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < kNumLayers; ++i) {
    parameters.push_back({"layer " + std::to_string(i), {2, 4, 6, 8, 10, 12}});
  }
  std::vector<LinearConstraint> constraints;
  if (mean_rank > 0) {
    constraints.push_back(
        {.unit = "ranks",
         .weights = {kNumLayers, {2, 4, 6, 8, 10, 12}},
         .limit = static_cast<double>(mean_rank * kNumLayers)});
  }
  return SearchSpace::Create(std::move(parameters), std::move(constraints))
      .value();
}

void BM_Sample(benchmark::State& state) {
  internal::Sampler sampler(RankSpace(state.range(0)));
  RandomStream stream(1, "benchmark");
  std::vector<int32_t> choices(kNumLayers);
  for (auto _ : state) {
    sampler.Sample(stream, choices);
    benchmark::DoNotOptimize(choices.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Sample)->ArgName("mean_rank")->Arg(0)->Arg(8)->Arg(4);

// One core: what a TBB thread does.
void BM_ForwardMlp(benchmark::State& state) {
  const auto network =
      surrogate::RandomNetwork({{kNumLayers, 32, 32, 32, 1}}, 1);
  std::vector<double> features(512 * kNumLayers, 0.5);
  std::vector<double> predictions(512);
  for (auto _ : state) {
    surrogate::Forward(network, features, predictions);
    benchmark::DoNotOptimize(predictions.data());
  }
  state.SetItemsProcessed(state.iterations() * 512);
}
BENCHMARK(BM_ForwardMlp);

surrogate::Samples RandomSamples(const internal::CandidateSearch& search,
                                 int count) {
  RandomStream stream(1, "benchmark");
  surrogate::Samples samples;
  std::vector<double> row(kNumLayers);
  for (const Configuration& x :
       search.sampler().SampleDistinct(stream, count, {})) {
    search.encoder().Encode(x.choices, row);
    samples.features.insert(samples.features.end(), row.begin(), row.end());
    samples.targets.push_back(stream.Normal(0, 1));
  }
  return samples;
}

// One iteration of the paper's search without its training: draw, encode,
// score, choose. All cores.
void BM_FindBest(benchmark::State& state) {
  internal::CandidateSearch search(RankSpace(state.range(1)));
  auto model = surrogate::MakeMlpModel(kNumLayers, {}).value();
  if (!model->Fit(RandomSamples(search, 40))) state.SkipWithError("fit");
  const auto num_candidates = static_cast<int>(state.range(0));
  uint64_t seed = 0;
  for (auto _ : state) {
    auto best = search.FindBest(*model, num_candidates, 1, {}, ++seed);
    benchmark::DoNotOptimize(best);
  }
  state.SetItemsProcessed(state.iterations() * num_candidates);
}
BENCHMARK(BM_FindBest)
    ->ArgNames({"candidates", "mean_rank"})
    ->Args({100000, 0})
    ->Args({100000, 8})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// Learning after one more trial of so many.
void BM_UpdateMlp(benchmark::State& state) {
  internal::CandidateSearch search(RankSpace(0));
  const surrogate::Samples samples =
      RandomSamples(search, static_cast<int>(state.range(0)));
  const surrogate::Samples one{
      {samples.features.begin(), samples.features.begin() + kNumLayers}, {1}};
  auto model = surrogate::MakeMlpModel(kNumLayers, {}).value();
  if (!model->Fit(samples)) state.SkipWithError("fit");
  for (auto _ : state) {
    if (!model->Update(one)) state.SkipWithError("update");
  }
}
BENCHMARK(BM_UpdateMlp)
    ->ArgName("trials")
    ->Arg(20)
    ->Arg(200)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rankadaptor
