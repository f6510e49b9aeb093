#include "search/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rankadaptor::internal {
namespace {

constexpr int kMaxRejections = 1000;
constexpr int kMaxRepeats = 1000;
constexpr size_t kEnumerated = 4096;
constexpr double kTwoTo32 = 4294967296.0;

// Expected extra cost of a choice drawn with the given tilt.
double ExpectedExtra(const std::vector<double>& extra_costs, double tilt) {
  double total = 0;
  double weighted = 0;
  for (double extra : extra_costs) {
    double p = std::exp(-tilt * extra);
    total += p;
    weighted += p * extra;
  }
  return weighted / total;
}

std::vector<uint32_t> Thresholds(const std::vector<double>& extra_costs,
                                 double tilt) {
  std::vector<double> cumulative;
  double total = 0;
  for (double extra : extra_costs) {
    total += std::exp(-tilt * extra);
    cumulative.push_back(total);
  }
  std::vector<uint32_t> thresholds;
  for (size_t i = 0; i + 1 < cumulative.size(); ++i) {
    double threshold = std::floor(cumulative[i] / total * kTwoTo32);
    thresholds.push_back(
        static_cast<uint32_t>(std::min(threshold, kTwoTo32 - 1)));
  }
  return thresholds;
}

}  // namespace

Sampler::Sampler(const SearchSpace& space) : space_(space) {
  for (int i = 0; space_.budget() && i < space_.num_parameters(); ++i) {
    cheapest_ += *std::ranges::min_element(space_.budget()->weights[i]);
  }
  for (int parameter : space_.free_parameters()) {
    draws_.push_back(MakeDraw(parameter));
  }
  tilt_ = FindTilt();
  for (Draw& draw : draws_) {
    draw.thresholds = Thresholds(draw.extra_costs, tilt_);
  }
}

Sampler::Draw Sampler::MakeDraw(int parameter) const {
  const size_t num_choices = space_.parameter(parameter).choices.size();
  std::vector<double> weights(num_choices, 0);
  double most = 0;
  if (space_.budget()) {
    weights = space_.budget()->weights[parameter];
    most = space_.budget()->limit * (1 + 1e-9) - cheapest_;
  }
  const double cheapest = *std::ranges::min_element(weights);
  Draw draw{.parameter = parameter};
  for (size_t choice = 0; choice < num_choices; ++choice) {
    double extra = weights[choice] - cheapest;
    if (extra > std::max(most, 0.0)) continue;
    draw.choices.push_back(static_cast<int32_t>(choice));
    draw.extra_costs.push_back(extra);
  }
  return draw;
}

double Sampler::FindTilt() const {
  if (!space_.budget()) return 0;
  const double slack = space_.budget()->limit - cheapest_;
  auto too_dear = [&](double tilt) {
    double expected = 0;
    for (const Draw& draw : draws_) {
      expected += ExpectedExtra(draw.extra_costs, tilt);
    }
    return expected > slack;
  };
  // No slack but for rounding: only the cheapest choices are in the draws.
  if (slack <= space_.budget()->limit * 1e-9 || !too_dear(0)) return 0;
  double low = 0;
  double high = 1 / slack;
  while (too_dear(high)) high *= 2;
  for (int i = 0; i < 100; ++i) {
    double middle = (low + high) / 2;
    (too_dear(middle) ? low : high) = middle;
  }
  return high;
}

void Sampler::Sample(RandomStream& stream, std::span<int32_t> choices) const {
  for (int i = 0; i < kMaxRejections; ++i) {
    if (TrySample(stream, choices)) return;
  }
  SampleGreedily(stream, choices);
}

bool Sampler::TrySample(RandomStream& stream,
                        std::span<int32_t> choices) const {
  std::ranges::fill(choices, 0);
  uint64_t bits = 0;
  for (size_t i = 0; i < draws_.size(); ++i) {
    bits = i % 2 == 0 ? stream.Bits() : bits >> 32;
    const auto random = static_cast<uint32_t>(bits);
    const Draw& draw = draws_[i];
    size_t index = 0;
    for (uint32_t threshold : draw.thresholds) index += random >= threshold;
    choices[draw.parameter] = draw.choices[index];
  }
  return !space_.budget() || Accept(stream, choices);
}

bool Sampler::Accept(RandomStream& stream,
                     std::span<const int32_t> choices) const {
  const Budget& budget = *space_.budget();
  double cost = 0;  // summed as SearchSpace::Cost() does: the same rounding
  for (size_t i = 0; i < choices.size(); ++i) {
    cost += budget.weights[i][choices[i]];
  }
  if (cost > budget.limit * (1 + 1e-9)) return false;
  return tilt_ == 0 ||
         stream.UniformReal(0, 1) < std::exp(-tilt_ * (budget.limit - cost));
}

// Parameter after parameter in random order, uniform over the choices that the
// cheapest completion of the others leaves affordable.
void Sampler::SampleGreedily(RandomStream& stream,
                             std::span<int32_t> choices) const {
  std::vector<size_t> order(draws_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  stream.Shuffle(std::span(order));
  double left = space_.budget()->limit - cheapest_;
  std::ranges::fill(choices, 0);
  for (size_t i : order) {
    const Draw& draw = draws_[i];
    std::vector<size_t> affordable;
    for (size_t c = 0; c < draw.choices.size(); ++c) {
      if (draw.extra_costs[c] <= std::max(left, 0.0)) affordable.push_back(c);
    }
    size_t taken = affordable[static_cast<size_t>(
        stream.UniformInt(0, static_cast<int64_t>(affordable.size()) - 1))];
    choices[draw.parameter] = draw.choices[taken];
    left -= draw.extra_costs[taken];
  }
}

std::vector<Configuration> Sampler::SampleDistinct(
    RandomStream& stream, int count, const ConfigurationSet& excluded) const {
  std::vector<Configuration> samples;
  ConfigurationSet taken = excluded;
  Configuration sample;
  sample.choices.resize(space_.num_parameters());
  int repeats = 0;
  while (static_cast<int>(samples.size()) < count && repeats < kMaxRepeats) {
    Sample(stream, sample.choices);
    if (taken.insert(sample).second) {
      samples.push_back(sample);
      repeats = 0;
    } else {
      ++repeats;
    }
  }
  // Nearly everything is taken: go through what is left.
  if (static_cast<int>(samples.size()) < count) {
    AppendUntaken(stream, count, taken, samples);
  }
  return samples;
}

// In random order if little is left, else the first ones.
void Sampler::AppendUntaken(RandomStream& stream,
                            int count,
                            const ConfigurationSet& taken,
                            std::vector<Configuration>& samples) const {
  std::vector<Configuration> untaken;
  ForEachFeasible(space_, [&](const Configuration& configuration) {
    if (!taken.contains(configuration)) untaken.push_back(configuration);
    return untaken.size() < kEnumerated;
  });
  stream.Shuffle(std::span(untaken));
  for (Configuration& configuration : untaken) {
    if (static_cast<int>(samples.size()) == count) return;
    samples.push_back(std::move(configuration));
  }
}

}  // namespace rankadaptor::internal
