// What a strategy costs: processor time for one Suggest() and one Observe()
// after so many finished trials, 26 layers of six levels. As many trials follow
// each other as lie between two refits of strategy `structured`, so that the
// mean holds its share of one.
//
//   measure_overhead STRATEGY TRIALS [LAYERS]
//
// prints a CSV row: strategy, layers, trials; median, mean and longest
// milliseconds of processor time; peak memory of the process in MiB.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/strategy_factory.h"
#include "rankadaptor/synthetic/benchmark_function.h"

#include "experiments/search/functions.h"

namespace rankadaptor::experiments {
namespace {

constexpr double kNoise = 0.5;

class Overhead {
 public:
  static Result<Overhead> Create(const std::string& strategy, int num_layers) {
    const Problem problem{.family = "pair", .num_layers = num_layers};
    Overhead overhead;
    RA_ASSIGN_OR_RETURN(overhead.function_, MakeFunction(problem));
    RA_ASSIGN_OR_RETURN(Moments moments, RandomMoments(problem));
    overhead.noise_ = kNoise * moments.deviation;
    RA_ASSIGN_OR_RETURN(
        overhead.strategy_,
        MakeStrategy(strategy, synthetic::BenchmarkSpace(num_layers), {}));
    return overhead;
  }

  // Random trials, told at once.
  Status Prefill(int count, int num_layers) {
    RandomStream stream(1, "prefill");
    std::vector<Trial> trials;
    for (int n = 0; n < count; ++n) {
      Configuration x;
      for (int i = 0; i < num_layers; ++i) {
        x.choices.push_back(static_cast<int32_t>(
            stream.UniformInt(0, synthetic::kNumLevels - 1)));
      }
      trials.push_back(MakeTrial(std::move(x)));
    }
    RA_RETURN_IF_ERROR(strategy_->Observe(trials));
    return AskAndTell();  // whatever is done once
  }

  Status AskAndTell() {
    RA_ASSIGN_OR_RETURN(auto suggestions, strategy_->Suggest(1));
    const Trial trial = MakeTrial(std::move(suggestions.at(0).configuration));
    return strategy_->Observe(std::span(&trial, 1));
  }

 private:
  Trial MakeTrial(Configuration configuration) {
    Trial trial;
    trial.id = num_trials_++;
    trial.state = TrialState::kComplete;
    trial.measurement.objective =
        function_(configuration.choices) + noise_stream_.Normal(0, noise_);
    trial.configuration = std::move(configuration);
    return trial;
  }

  Function function_;
  double noise_ = 0;
  RandomStream noise_stream_{1, "noise"};
  std::unique_ptr<Strategy> strategy_;
  int64_t num_trials_ = 0;
};

// Peak resident memory of the process; 0 where /proc does not tell.
double PeakMebibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes / 1024;
  }
  return 0;
}

Status Measure(const std::string& strategy, int num_trials, int num_layers) {
  RA_ASSIGN_OR_RETURN(Overhead overhead,
                      Overhead::Create(strategy, num_layers));
  RA_RETURN_IF_ERROR(overhead.Prefill(num_trials, num_layers));
  std::vector<double> milliseconds;
  for (int n = 0; n < std::max(8, num_trials / 8); ++n) {
    const std::clock_t start = std::clock();
    RA_RETURN_IF_ERROR(overhead.AskAndTell());
    milliseconds.push_back(1e3 * static_cast<double>(std::clock() - start) /
                           CLOCKS_PER_SEC);
  }
  const double mean =
      std::accumulate(milliseconds.begin(), milliseconds.end(), 0.0) /
      static_cast<double>(milliseconds.size());
  std::ranges::sort(milliseconds);
  std::printf("%s,%d,%d,%.2f,%.2f,%.1f,%.0f\n",
              strategy.c_str(),
              num_layers,
              num_trials,
              milliseconds[milliseconds.size() / 2],
              mean,
              milliseconds.back(),
              PeakMebibytes());
  return {};
}

}  // namespace
}  // namespace rankadaptor::experiments

int main(int argc, char** argv) {
  using namespace rankadaptor;
  if (argc != 3 && argc != 4) {
    std::cerr << "usage: measure_overhead STRATEGY TRIALS [LAYERS]\n";
    return 2;
  }
  const int num_layers = argc == 4 ? std::stoi(argv[3]) : 26;
  if (Status status =
          experiments::Measure(argv[1], std::stoi(argv[2]), num_layers);
      !status) {
    std::cerr << status.error().message << "\n";
    return 1;
  }
  return 0;
}
