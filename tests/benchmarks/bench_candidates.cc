// How fast the paper's search scores random candidates, beside what the
// processor can do: a large single-precision matrix product by the same
// threads.
//
//   bench_candidates [ROUNDS]
//
// For 1 and 2 threads the three jobs (draw, encode, score and choose; score
// rows that are there; multiply matrices) take turns, so that all see the same
// load, and the fastest of ROUNDS (default 300) counts. Prints a CSV row for
// each: millions of candidates a second, their GFLOP/s (two operations a
// weight) and those as a part of the matrix product's.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>

#include "rankadaptor/common/check.h"
#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/surrogate/mlp_model.h"

#include "search/candidate_search.h"
#include "surrogate/mlp/dense_network.h"

namespace rankadaptor {
namespace {

constexpr int kNumLayers = 26;
constexpr int kNumCandidates = 20'480;
constexpr size_t kRowsAtOnce = 512;
constexpr int64_t kMatrixSize = 512;

const surrogate::NetworkShape& PaperShape() {
  static const surrogate::NetworkShape shape{{kNumLayers, 32, 32, 32, 1}};
  return shape;
}

double OperationsPerCandidate() {
  double weights = 0;
  for (int layer = 0; layer < PaperShape().num_layers(); ++layer) {
    weights += static_cast<double>(PaperShape().widths[layer]) *
               PaperShape().widths[layer + 1];
  }
  return 2 * weights;
}

SearchSpace RankSpace() {
  std::vector<Parameter> parameters;
  for (int i = 0; i < kNumLayers; ++i) {
    parameters.push_back({"layer " + std::to_string(i), {2, 4, 6, 8, 10, 12}});
  }
  return SearchSpace::Create(std::move(parameters)).value();
}

// What scores candidates, with a fitted network.
class Search {
 public:
  Search() : search_(RankSpace()) {
    model_ = surrogate::MakeMlpModel(kNumLayers, {}).value();
    surrogate::Samples samples;
    RandomStream stream(1, "samples");
    for (int n = 0; n < 40; ++n) {
      for (int i = 0; i < kNumLayers; ++i) {
        samples.features.push_back(stream.UniformReal(-1, 1));
      }
      samples.targets.push_back(stream.Normal(0, 1));
    }
    RA_CHECK(model_->Fit(samples).has_value());
  }

  void FindBest() {
    RA_CHECK(
        search_.FindBest(*model_, kNumCandidates, 1, {}, ++seed_).has_value());
  }

 private:
  internal::CandidateSearch search_;
  std::unique_ptr<surrogate::PerformanceModel> model_;
  uint64_t seed_ = 0;
};

// Scores rows of features that are in the cache.
void ScoreRows() {
  static const surrogate::DenseNetwork network =
      surrogate::RandomNetwork(PaperShape(), 1);
  static const std::vector<double> features(kRowsAtOnce * kNumLayers, 0.5);
  tbb::parallel_for(size_t{0}, kNumCandidates / kRowsAtOnce, [](size_t) {
    std::vector<double> scores(kRowsAtOnce);
    surrogate::Forward(network, features, scores);
  });
}

void MultiplyMatrices() {
  static const at::Tensor matrix = at::ones({kMatrixSize, kMatrixSize});
  at::mm(matrix, matrix);
}

double Seconds(const std::function<void()>& job) {
  const auto start = std::chrono::steady_clock::now();
  job();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

struct Job {
  const char* name;
  std::function<void()> run;
  double candidates;  // 0: not candidates
  double operations;
  double seconds = std::numeric_limits<double>::infinity();
};

void Measure(int num_threads, int num_rounds, Search& search) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                  num_threads);
  at::set_num_threads(num_threads);
  constexpr double kCount = kNumCandidates;
  const double cube =
      static_cast<double>(kMatrixSize) * kMatrixSize * kMatrixSize;
  std::vector<Job> jobs = {
      {"sgemm", MultiplyMatrices, 0, 2 * cube},
      {"score", ScoreRows, kCount, kCount * OperationsPerCandidate()},
      {"draw_and_score",
       [&] { search.FindBest(); },
       kCount,
       kCount * OperationsPerCandidate()}};
  for (int round = 0; round < num_rounds; ++round) {
    for (Job& job : jobs) job.seconds = std::min(job.seconds, Seconds(job.run));
  }
  const double bound = jobs[0].operations / jobs[0].seconds;
  for (const Job& job : jobs) {
    const double rate = job.operations / job.seconds;
    std::printf("%s,%d,%.2f,%.1f,%.3f\n",
                job.name,
                num_threads,
                job.candidates / job.seconds / 1e6,
                rate / 1e9,
                rate / bound);
  }
}

}  // namespace
}  // namespace rankadaptor

int main(int argc, char** argv) {
  const int num_rounds = argc == 2 ? std::atoi(argv[1]) : 300;
  if (argc > 2 || num_rounds < 1) {
    std::fprintf(stderr, "usage: bench_candidates [ROUNDS]\n");
    return 2;
  }
  rankadaptor::Search search;
  std::printf("job,threads,million_candidates_per_second,gflops,of_sgemm\n");
  for (int num_threads : {1, 2}) {
    rankadaptor::Measure(num_threads, num_rounds, search);
  }
  return 0;
}
