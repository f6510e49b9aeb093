#include "experiments/search/functions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/synthetic/benchmark_function.h"
#include "rankadaptor/synthetic/synthetic_evaluator.h"

#include "experiments/search/depth_function.h"

namespace rankadaptor::experiments {
namespace {

using synthetic::BenchmarkFunction;
using synthetic::BenchmarkProblem;
using synthetic::kNumLevels;

constexpr int kNumRandomPoints = 2000;

// A level as a number in [-1, 1].
double Centred(int32_t level) { return level / 2.5 - 1; }

Result<BenchmarkProblem> ToBenchmark(const Problem& problem) {
  const std::string name =
      problem.family == "permuted" ? "pair" : problem.family;
  RA_ASSIGN_OR_RETURN(synthetic::BenchmarkFamily family,
                      synthetic::ParseBenchmarkFamily(name));
  return BenchmarkProblem{.family = family,
                          .num_layers = problem.num_layers,
                          .instance = problem.instance};
}

RandomStream StreamOf(const Problem& problem) {
  return RandomStream(problem.instance,
                      problem.family,
                      static_cast<uint64_t>(problem.num_layers));
}

std::vector<int> RandomOrder(RandomStream& stream, int count) {
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  stream.Shuffle(std::span(order));
  return order;
}

Function Permute(Function function, std::vector<int> order) {
  return [function = std::move(function),
          order = std::move(order)](std::span<const int32_t> levels) {
    std::vector<int32_t> permuted(levels.size());
    for (size_t i = 0; i < levels.size(); ++i) permuted[i] = levels[order[i]];
    return function(permuted);
  };
}

Function MakeSparse(const Problem& problem) {
  RandomStream stream = StreamOf(problem);
  const std::vector<int> order = RandomOrder(stream, problem.num_layers);
  std::vector<double> peaks;
  std::vector<double> couplings;
  for (int i = 0; i < 6; ++i) {
    peaks.push_back(stream.UniformReal(-1, 1));
    couplings.push_back(stream.Normal(0, 1));
  }
  return [=](std::span<const int32_t> levels) {
    double sum = 0;
    for (int i = 0; i < 6; ++i) {
      const double z = Centred(levels[order[i]]);
      const double next = Centred(levels[order[(i + 1) % 6]]);
      sum += couplings[i] * z * next - (z - peaks[i]) * (z - peaks[i]);
    }
    return sum;
  };
}

Function MakeTriple(const Problem& problem) {
  RandomStream stream = StreamOf(problem);
  const int d = problem.num_layers;
  std::vector<int> members;
  std::vector<double> factors;
  std::vector<double> centres;
  for (int t = 0; t < d / 2; ++t) {
    const std::vector<int> order = RandomOrder(stream, d);
    members.insert(members.end(), order.begin(), order.begin() + 3);
    factors.push_back(stream.Normal(0, 1));
    for (int k = 0; k < 3; ++k) {
      centres.push_back(stream.UniformReal(-0.7, 0.7));
    }
  }
  return [=](std::span<const int32_t> levels) {
    double sum = 0;
    for (size_t t = 0; t < factors.size(); ++t) {
      double product = factors[t];
      for (size_t k = 3 * t; k < 3 * t + 3; ++k) {
        product *= Centred(levels[members[k]]) - centres[k];
      }
      sum += product;
    }
    return sum;
  };
}

Function MakeValley(const Problem& problem) {
  RandomStream stream = StreamOf(problem);
  const int d = problem.num_layers;
  std::vector<double> weights;
  std::vector<double> slopes;
  std::vector<double> bends;
  for (int i = 0; i < d; ++i) {
    weights.push_back(stream.UniformReal(0.5, 1.5));
    slopes.push_back(stream.Normal(0, 0.5));
    bends.push_back(stream.UniformReal(0, 0.5));
  }
  const double target = stream.UniformReal(-0.4, 0.4) * d;
  return [=](std::span<const int32_t> levels) {
    double sum = 0;
    double value = 0;
    for (int i = 0; i < d; ++i) {
      const double z = Centred(levels[i]);
      sum += weights[i] * z;
      value += slopes[i] * z - bends[i] * z * z;
    }
    return value - (sum - target) * (sum - target) / (0.3 * d);
  };
}

Function MakeTables(const Problem& problem) {
  RandomStream stream = StreamOf(problem);
  const int d = problem.num_layers;
  std::vector<double> mains;
  for (int i = 0; i < d * kNumLevels; ++i) {
    mains.push_back(stream.Normal(0, 1));
  }
  std::vector<int> members;
  std::vector<double> pairs;
  for (int p = 0; p < d; ++p) {
    const std::vector<int> order = RandomOrder(stream, d);
    members.insert(members.end(), order.begin(), order.begin() + 2);
    for (int k = 0; k < kNumLevels * kNumLevels; ++k) {
      pairs.push_back(stream.Normal(0, 1));
    }
  }
  return [=](std::span<const int32_t> levels) {
    double sum = 0;
    for (int i = 0; i < d; ++i) sum += mains[i * kNumLevels + levels[i]];
    for (int p = 0; p < d; ++p) {
      sum += pairs[(p * kNumLevels + levels[members[2 * p]]) * kNumLevels +
                   levels[members[2 * p + 1]]];
    }
    return sum;
  };
}

// A trial's side of the evaluator: which number of the noise is wanted.
class NoiseContext final : public TrialContext {
 public:
  NoiseContext(int64_t id, uint64_t seed) : id_(id), seed_(seed) {}
  int64_t trial_id() const override { return id_; }
  uint64_t seed() const override { return seed_; }
  ItemSplit split() const override { return ItemSplit::kSearch; }
  bool cancelled() const override { return false; }
  void Report(double, double) override {}

 private:
  int64_t id_;
  uint64_t seed_;
};

bool IsOwn(const std::string& family) {
  return family == "sparse" || family == "triple" || family == "valley" ||
         family == "tables" || family == "depth";
}

// Within 0-9 the unrelated instance is one of 0-9 too.
uint64_t UnrelatedInstance(uint64_t instance) {
  return instance < 10 ? (instance + 1) % 10 : instance + 1;
}

std::vector<int32_t> RandomLevels(RandomStream& stream, int num_layers) {
  std::vector<int32_t> levels(num_layers);
  for (int32_t& level : levels) {
    level = static_cast<int32_t>(stream.UniformInt(0, kNumLevels - 1));
  }
  return levels;
}

// Best-improvement steps of one level until none improves.
double Climb(const Function& function, std::vector<int32_t>& levels) {
  double value = function(levels);
  while (true) {
    double best = value;
    size_t best_layer = 0;
    int32_t best_level = 0;
    for (size_t i = 0; i < levels.size(); ++i) {
      const int32_t present = levels[i];
      for (int32_t a = 0; a < kNumLevels; ++a) {
        levels[i] = a;
        const double changed = function(levels);
        if (changed <= best) continue;
        best = changed;
        best_layer = i;
        best_level = a;
      }
      levels[i] = present;
    }
    if (best <= value) return value;
    value = best;
    levels[best_layer] = best_level;
  }
}

}  // namespace

Result<SearchSpace> MakeSpace(const Problem& problem) {
  if (problem.family == "depth") return DepthSpace(problem.num_layers);
  return synthetic::BenchmarkSpace(problem.num_layers);
}

Result<SourceKind> ParseSourceKind(const std::string& name) {
  if (name == "none") return SourceKind::kNone;
  if (name == "related") return SourceKind::kRelated;
  if (name == "unrelated") return SourceKind::kUnrelated;
  if (name == "same_size") return SourceKind::kSameSize;
  return InvalidArgument("sources '" + name +
                         "' are not none, related, unrelated or same_size");
}

Result<Function> MakeFunction(const Problem& problem) {
  if (problem.family == "sparse") return MakeSparse(problem);
  if (problem.family == "triple") return MakeTriple(problem);
  if (problem.family == "valley") return MakeValley(problem);
  if (problem.family == "tables") return MakeTables(problem);
  if (problem.family == "depth") {
    return MakeDepthFunction(problem.num_layers, problem.instance);
  }
  RA_ASSIGN_OR_RETURN(BenchmarkProblem benchmark, ToBenchmark(problem));
  RA_ASSIGN_OR_RETURN(BenchmarkFunction made,
                      BenchmarkFunction::Create(benchmark));
  Function function = [made =
                           std::move(made)](std::span<const int32_t> levels) {
    return made.Value(levels);
  };
  if (problem.family != "permuted") return function;
  RandomStream stream = StreamOf(problem);
  return Permute(std::move(function), RandomOrder(stream, problem.num_layers));
}

Result<std::vector<double>> MakeNoise(const Problem& problem, int count) {
  std::vector<double> noise;
  if (IsOwn(problem.family)) {
    RandomStream stream(problem.instance, "noise");
    for (int n = 0; n < count; ++n) noise.push_back(stream.Normal(0, 1));
    return noise;
  }
  // The evaluator's own: what it measures less the noise-free value.
  RA_ASSIGN_OR_RETURN(BenchmarkProblem benchmark, ToBenchmark(problem));
  RA_ASSIGN_OR_RETURN(auto evaluator,
                      synthetic::SyntheticEvaluator::Create(
                          {.problem = benchmark, .noise = 1}));
  const Configuration zero{std::vector<int32_t>(problem.num_layers, 0)};
  const double value = evaluator->function().Value(zero.choices);
  const double deviation =
      evaluator->function().CalibrationMoments().standard_deviation;
  for (int n = 0; n < count; ++n) {
    NoiseContext context(n, problem.instance);
    RA_ASSIGN_OR_RETURN(Measurement measured,
                        evaluator->Evaluate(zero, context));
    noise.push_back((measured.objective - value) / deviation);
  }
  return noise;
}

Result<Moments> RandomMoments(const Problem& problem) {
  if (!IsOwn(problem.family)) {
    RA_ASSIGN_OR_RETURN(BenchmarkProblem benchmark, ToBenchmark(problem));
    RA_ASSIGN_OR_RETURN(BenchmarkFunction made,
                        BenchmarkFunction::Create(benchmark));
    const auto moments = made.CalibrationMoments();
    return Moments{moments.mean, moments.standard_deviation};
  }
  RA_ASSIGN_OR_RETURN(Function function, MakeFunction(problem));
  RandomStream stream(problem.instance, "random points");
  std::vector<double> values;
  Moments moments;
  for (int n = 0; n < kNumRandomPoints; ++n) {
    values.push_back(function(RandomLevels(stream, problem.num_layers)));
    moments.mean += values.back() / kNumRandomPoints;
  }
  for (double value : values) {
    moments.deviation +=
        (value - moments.mean) * (value - moments.mean) / kNumRandomPoints;
  }
  moments.deviation = std::sqrt(moments.deviation);
  return moments;
}

double LongSearch(const Function& function, int num_layers, uint64_t seed) {
  constexpr int kRestarts = 30;
  constexpr int kKicks = 60;
  RandomStream stream(seed, "long search");
  double best = -std::numeric_limits<double>::infinity();
  for (int restart = 0; restart < kRestarts; ++restart) {
    std::vector<int32_t> levels = RandomLevels(stream, num_layers);
    double value = Climb(function, levels);
    for (int kick = 0; kick < kKicks; ++kick) {
      std::vector<int32_t> kicked = levels;
      for (int k = 0; k < 4; ++k) {
        kicked[stream.UniformInt(0, num_layers - 1)] =
            static_cast<int32_t>(stream.UniformInt(0, kNumLevels - 1));
      }
      const double climbed = Climb(function, kicked);
      if (climbed < value) continue;
      value = climbed;
      levels = std::move(kicked);
    }
    best = std::max(best, value);
  }
  return best;
}

Result<std::vector<SourceStudy>> MakeSources(const Problem& problem,
                                             SourceKind kind) {
  std::vector<SourceStudy> sources;
  if (kind == SourceKind::kNone) return sources;
  const uint64_t instance = kind == SourceKind::kUnrelated
                                ? UnrelatedInstance(problem.instance)
                                : problem.instance;
  if (problem.family == "depth") {
    return MakeDepthSources(
        kind == SourceKind::kSameSize ? problem.num_layers : kNumSourceLayers,
        instance);
  }
  RA_ASSIGN_OR_RETURN(BenchmarkProblem benchmark, ToBenchmark(problem));
  benchmark.instance = instance;
  for (int task = 1; task <= synthetic::kNumSourceTasks; ++task) {
    benchmark.task = task;
    RA_ASSIGN_OR_RETURN(synthetic::SourceData data,
                        synthetic::MakeSourceData(benchmark));
    SourceStudy& source = sources.emplace_back();
    source.name = "task " + std::to_string(task);
    for (std::vector<int32_t>& levels : data.levels) {
      source.configurations.push_back({std::move(levels)});
    }
    source.values = std::move(data.values);
  }
  return sources;
}

}  // namespace rankadaptor::experiments
