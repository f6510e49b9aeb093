#include "rankadaptor/synthetic/benchmark_function.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "rankadaptor/common/check.h"

#include "evaluators/synthetic/splitmix64.h"

namespace rankadaptor::synthetic {
namespace {

constexpr int kNumCalibrationPoints = 2000;
constexpr int kNumSourcePoints = 200;
constexpr double kSourceNoise = 0.5;
constexpr double kTaskVariation = 0.4;

// The parameters of families add, pair and xfer, one per layer.
struct SmoothParameters {
  std::vector<double> strength, half_rank, overfit, weight;
  std::vector<double> coupling, centre, next_centre;  // with the next layer
};

bool IsNk(BenchmarkFamily family) {
  return family == BenchmarkFamily::kNk || family == BenchmarkFamily::kNk1;
}

int NumNeighbours(BenchmarkFamily family) {
  return family == BenchmarkFamily::kNk1 ? 1 : 2;
}

uint64_t FamilyId(BenchmarkFamily family) {
  switch (family) {
    case BenchmarkFamily::kAdd:
      return 1;
    case BenchmarkFamily::kPair:
      return 2;
    case BenchmarkFamily::kNk:
    case BenchmarkFamily::kNk1:
      return 3;
    case BenchmarkFamily::kXfer:
      return 4;
  }
  return 0;
}

uint64_t InstanceSeed(const BenchmarkProblem& problem) {
  auto size = static_cast<uint64_t>(problem.num_layers);
  if (problem.family == BenchmarkFamily::kNk1) size += 1000;
  uint64_t seed = Mix(FamilyId(problem.family), size);
  return Mix(Mix(seed, problem.instance), 0x5EED);
}

double Rank(int level) { return 2.0 * (level + 1); }
double RelativeRank(int level) { return Rank(level) / 12.0; }

std::vector<int32_t> DrawLevels(SplitMix64& random, int num_layers) {
  std::vector<int32_t> levels(static_cast<size_t>(num_layers));
  for (int32_t& level : levels) {
    level = static_cast<int32_t>(random.Below(kNumLevels));
  }
  return levels;
}

BenchmarkFunction::Moments MomentsOf(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (double value : values) sum += value;
  const double mean = sum / n;
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / n)};
}

SmoothParameters DrawBase(SplitMix64& random, int num_layers, bool coupled) {
  SmoothParameters p;
  for (int i = 0; i < num_layers; ++i) {
    const double a = random.Unit();
    const double strength = 0.1 + 1.9 * (a * a * a);
    p.strength.push_back(strength);
    p.half_rank.push_back(random.Uniform(1, 11));
    const double b = random.Unit();
    p.overfit.push_back(strength * (0.9 * b));
    p.weight.push_back(random.Uniform(0.5, 1.5));
  }
  for (size_t i = 0; coupled && i + 1 < p.strength.size(); ++i) {
    const double c = random.Gauss();
    p.coupling.push_back(c * (0.6 * (p.strength[i] + p.strength[i + 1])));
    p.centre.push_back(random.Uniform(0.25, 0.75));
    p.next_centre.push_back(random.Uniform(0.25, 0.75));
  }
  return p;
}

// Makes the base parameters those of one of the related tasks.
void Perturb(SplitMix64& random, SmoothParameters& p) {
  auto factor = [](double gauss) { return 1.0 + kTaskVariation * gauss; };
  for (size_t i = 0; i < p.strength.size(); ++i) {
    const double g1 = random.Gauss();
    const double g2 = random.Gauss();
    const double g3 = random.Gauss();
    p.strength[i] = std::max(p.strength[i] * factor(g1), 0.02);
    p.half_rank[i] = std::max(p.half_rank[i] * factor(g2), 0.5);
    p.overfit[i] = std::max(p.overfit[i] * factor(g3), 0.0);
  }
  for (double& coupling : p.coupling) coupling *= factor(random.Gauss());
}

Status Check(const BenchmarkProblem& problem) {
  if (problem.num_layers < 3 || problem.num_layers > 4096) {
    return InvalidArgument(
        "num_layers = " + std::to_string(problem.num_layers) +
        " is not in [3, 4096]");
  }
  const int max_task =
      problem.family == BenchmarkFamily::kXfer ? kNumSourceTasks : 0;
  if (problem.task < 0 || problem.task > max_task) {
    return InvalidArgument("task = " + std::to_string(problem.task) +
                           " is not in [0, " + std::to_string(max_task) + "]");
  }
  return {};
}

}  // namespace

Result<BenchmarkFamily> ParseBenchmarkFamily(std::string_view name) {
  static constexpr std::pair<std::string_view, BenchmarkFamily> kFamilies[] = {
      {"add", BenchmarkFamily::kAdd},
      {"pair", BenchmarkFamily::kPair},
      {"nk", BenchmarkFamily::kNk},
      {"nk1", BenchmarkFamily::kNk1},
      {"xfer", BenchmarkFamily::kXfer}};
  for (const auto& [known, family] : kFamilies) {
    if (known == name) return family;
  }
  return InvalidArgument("'" + std::string(name) +
                         "' is no benchmark family; there are add, pair, nk, "
                         "nk1, xfer");
}

Result<BenchmarkFunction> BenchmarkFunction::Create(
    const BenchmarkProblem& problem) {
  RA_RETURN_IF_ERROR(Check(problem));
  return BenchmarkFunction(problem);
}

BenchmarkFunction::BenchmarkFunction(const BenchmarkProblem& problem)
    : problem_(problem), instance_seed_(InstanceSeed(problem)) {
  IsNk(problem.family) ? DrawNk() : DrawSmooth();
}

void BenchmarkFunction::DrawNk() {
  SplitMix64 random(instance_seed_);
  const auto num_neighbours =
      static_cast<size_t>(NumNeighbours(problem_.family));
  for (int i = 0; i < num_layers(); ++i) {
    std::vector<int> neighbours;
    while (neighbours.size() < num_neighbours) {
      const auto candidate =
          static_cast<int>(random.Below(static_cast<uint64_t>(num_layers())));
      const bool used =
          candidate == i ||
          std::ranges::find(neighbours, candidate) != neighbours.end();
      if (!used) neighbours.push_back(candidate);
    }
    neighbours_.push_back(std::move(neighbours));
  }
}

void BenchmarkFunction::DrawSmooth() {
  SplitMix64 random(instance_seed_);
  SmoothParameters p =
      DrawBase(random, num_layers(), problem_.family != BenchmarkFamily::kAdd);
  if (problem_.family == BenchmarkFamily::kXfer) {
    const auto task = static_cast<uint64_t>(problem_.task);
    SplitMix64 task_random(Mix(instance_seed_, 7000 + task));
    Perturb(task_random, p);
    if (task > 0) {
      scale_ = task_random.Uniform(0.5, 2.0);
      offset_ = task_random.Uniform(-5, 5);
    }
  }
  double total_weight = 0;
  double total_strength = 0;
  for (size_t i = 0; i < p.strength.size(); ++i) {
    total_weight += p.weight[i];
    total_strength += p.strength[i];
    Table& gain = gains_.emplace_back();
    Table& cost = costs_.emplace_back();
    for (int k = 0; k < kNumLevels; ++k) {
      const double rank = Rank(k);
      const double z = RelativeRank(k);
      gain[k] = (p.strength[i] * rank) / (rank + p.half_rank[i]) -
                p.overfit[i] * (z * z);
      cost[k] = p.weight[i] * rank;
    }
  }
  cost_limit_ = 6.5 * total_weight;
  penalty_ = 0.5 * total_strength;
  for (size_t i = 0; i < p.coupling.size(); ++i) {
    auto& table = interactions_.emplace_back();
    for (int a = 0; a < kNumLevels; ++a) {
      for (int b = 0; b < kNumLevels; ++b) {
        table[a][b] = (p.coupling[i] * ((RelativeRank(a) - p.centre[i]) *
                                        (RelativeRank(b) - p.next_centre[i]))) *
                      4.0;
      }
    }
  }
}

double BenchmarkFunction::Value(std::span<const int32_t> levels) const {
  RA_CHECK(static_cast<int>(levels.size()) == num_layers()) << levels.size();
  return IsNk(problem_.family) ? NkValue(levels) : SmoothValue(levels);
}

double BenchmarkFunction::NkValue(std::span<const int32_t> levels) const {
  double sum = 0;
  for (size_t i = 0; i < levels.size(); ++i) {
    auto code = static_cast<uint64_t>(levels[i]);
    uint64_t power = kNumLevels;
    for (int neighbour : neighbours_[i]) {
      code += power * static_cast<uint64_t>(levels[neighbour]);
      power *= kNumLevels;
    }
    sum += SplitMix64::ToUnit(Mix(instance_seed_ + i, code));
  }
  return sum / num_layers();
}

double BenchmarkFunction::SmoothValue(std::span<const int32_t> levels) const {
  double value = 0;
  double cost = 0;
  for (size_t i = 0; i < levels.size(); ++i) {
    value += gains_[i][levels[i]];
    cost += costs_[i][levels[i]];
  }
  const double over = cost / cost_limit_ - 1.0;
  if (over > 0) value -= penalty_ * over;
  for (size_t i = 0; i < interactions_.size(); ++i) {
    value += interactions_[i][levels[i]][levels[i + 1]];
  }
  return scale_ * value + offset_;
}

std::vector<std::vector<int32_t>> BenchmarkFunction::CalibrationPoints() const {
  SplitMix64 random(Mix(instance_seed_, 424242));
  std::vector<std::vector<int32_t>> points;
  for (int i = 0; i < kNumCalibrationPoints; ++i) {
    points.push_back(DrawLevels(random, num_layers()));
  }
  return points;
}

BenchmarkFunction::Moments BenchmarkFunction::CalibrationMoments() const {
  std::vector<double> values;
  for (const auto& levels : CalibrationPoints()) {
    values.push_back(Value(levels));
  }
  return MomentsOf(values);
}

SearchSpace BenchmarkSpace(int num_layers) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < num_layers; ++i) {
    Parameter& parameter = parameters.emplace_back();
    parameter.name = "layer " + std::to_string(i);
    for (int k = 0; k < kNumLevels; ++k) parameter.choices.push_back(Rank(k));
  }
  return SearchSpace::Create(std::move(parameters)).value();
}

Result<SourceData> MakeSourceData(const BenchmarkProblem& problem) {
  RA_ASSIGN_OR_RETURN(BenchmarkFunction function,
                      BenchmarkFunction::Create(problem));
  if (problem.task < 1) {
    return InvalidArgument("task = " + std::to_string(problem.task) +
                           " is no source task; those are tasks 1 to 8 of "
                           "family xfer");
  }
  SplitMix64 random(Mix(function.instance_seed(),
                        9000 + static_cast<uint64_t>(problem.task)));
  SourceData data;
  std::vector<double> noise;
  for (int i = 0; i < kNumSourcePoints; ++i) {
    data.levels.push_back(DrawLevels(random, problem.num_layers));
    data.values.push_back(function.Value(data.levels.back()));
    noise.push_back(random.Gauss());
  }
  const double scale = kSourceNoise * MomentsOf(data.values).standard_deviation;
  for (size_t i = 0; i < noise.size(); ++i) data.values[i] += scale * noise[i];
  return data;
}

}  // namespace rankadaptor::synthetic
