// Closure, groups and ranking on a graph of the shape of LLaMA-7B: 32 layers,
// 4096 wide, 32 heads of 128, 11008 MLP channels, residual stream included.
#include <benchmark/benchmark.h>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/graph/group_ranking.h"

namespace rankadaptor::graph {
namespace {

constexpr int kNumLayers = 32;
constexpr int64_t kHidden = 4096;
constexpr int64_t kHeads = 32;
constexpr int64_t kChannels = 11008;

class Llama7bDeclaration {
 public:
  Llama7bDeclaration() {
    stream_ = d_.AddParameter("embed_tokens", 1, kHidden);
    for (int layer = 0; layer < kNumLayers; ++layer) {
      name_ = std::to_string(layer) + ".";
      AddAttention();
      AddMlp();
    }
    Reads("lm_head");
  }
  const GraphDeclaration& declaration() const { return d_; }
  const std::vector<int>& roots() const { return roots_; }

 private:
  int Rows(const char* weight, int64_t size) {
    return d_.AddParameter(name_ + weight, 0, size);
  }
  void Reads(const std::string& weight) {
    d_.Connect(stream_, d_.AddParameter(weight, 1, kHidden), kHidden);
  }
  // stream + the output of `weight`.
  void AddsToStream(const char* weight) {
    int sum = d_.AddOperator(name_ + "residual", kHidden);
    d_.Connect(stream_, sum, kHidden);
    d_.Connect(Rows(weight, kHidden), sum, kHidden);
    stream_ = sum;
  }
  void AddAttention() {
    for (const char* w : {"q", "k", "v"}) Reads(name_ + w);
    int q = Rows("q", kHidden), k = Rows("k", kHidden), v = Rows("v", kHidden);
    int o = d_.AddParameter(name_ + "o", 1, kHidden);
    int scores = d_.AddOperator(name_ + "q.k", kHidden);
    int context = d_.AddOperator(name_ + "attention.v", kHidden);
    d_.Connect(scores, context, kHeads);
    d_.Connect(context, o, kHidden);
    d_.Connect(v, context, kHidden);
    d_.Connect(k, scores, kHidden);
    d_.Connect(q, scores, kHidden);
    AddsToStream("o");
    roots_.push_back(q);
  }
  void AddMlp() {
    for (const char* w : {"gate", "up"}) Reads(name_ + w);
    int gate = Rows("gate", kChannels), up = Rows("up", kChannels);
    int down = d_.AddParameter(name_ + "down", 1, kChannels);
    int product = d_.AddOperator(name_ + "product", kChannels);
    d_.Connect(gate, product, kChannels);
    d_.Connect(up, product, kChannels);
    d_.Connect(product, down, kChannels);
    AddsToStream("down");
    roots_.push_back(gate);
  }

  GraphDeclaration d_;
  std::string name_;
  int stream_ = 0;
  std::vector<int> roots_;
};

void BM_CreateGraph(benchmark::State& state) {
  const Llama7bDeclaration llama;
  for (auto _ : state) {
    benchmark::DoNotOptimize(DependencyGraph::Create(llama.declaration()));
  }
  state.counters["dimensions"] =
      static_cast<double>(llama.declaration().dimensions.size());
}
BENCHMARK(BM_CreateGraph)->Unit(benchmark::kMillisecond);

// The attention and MLP groups of all layers.
void BM_FindAllGroups(benchmark::State& state) {
  const Llama7bDeclaration llama;
  auto graph = DependencyGraph::Create(llama.declaration()).value();
  int64_t num_groups = 0;
  for (auto _ : state) {
    num_groups = 0;
    for (int root : llama.roots()) {
      num_groups += FindCoupledGroups(graph, root)->num_groups;
    }
  }
  state.counters["groups"] = static_cast<double>(num_groups);
}
BENCHMARK(BM_FindAllGroups)->Unit(benchmark::kMillisecond);

// The residual stream: one closure through every layer.
void BM_ResidualClosure(benchmark::State& state) {
  const Llama7bDeclaration llama;
  auto graph = DependencyGraph::Create(llama.declaration()).value();
  for (auto _ : state) benchmark::DoNotOptimize(graph.Closure(0));
}
BENCHMARK(BM_ResidualClosure)->Unit(benchmark::kMillisecond);

// Scores of one layer's MLP channels to the quarter that goes.
void BM_RankChannels(benchmark::State& state) {
  const Llama7bDeclaration llama;
  auto graph = DependencyGraph::Create(llama.declaration()).value();
  CoupledGroups groups = FindCoupledGroups(graph, llama.roots()[1]).value();
  RandomStream random(1);
  std::vector<std::vector<double>> scores(groups.members.size());
  for (std::vector<double>& member : scores) {
    for (int64_t i = 0; i < kChannels; ++i) {
      member.push_back(random.UniformReal(0, 1));
    }
  }
  for (auto _ : state) {
    auto by_index = RootScores(groups, scores, Fold::kConsecutive);
    benchmark::DoNotOptimize(
        LowestScored(GroupScores(groups, *by_index), kChannels / 4));
  }
}
BENCHMARK(BM_RankChannels)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rankadaptor::graph
