#include "search/sampler.h"

#include <algorithm>
#include <cmath>

#include "rankadaptor/search/feasible_configurations.h"
#include "rankadaptor/search/scaled_constraints.h"

#include "search/random_walk.h"
#include "search/tilt.h"

namespace rankadaptor::internal {
namespace {

constexpr int kMaxRejections = 1000;
constexpr int kProbes = 2000;
constexpr int kMinAccepted = 10;  // fewer cost more than walking
constexpr int kMaxRepeats = 1000;
constexpr int kStepsPerParameter = 8;
constexpr size_t kEnumerated = 4096;
constexpr size_t kMaxCounted = 32;
constexpr double kTwoTo32 = 4294967296.0;

std::vector<uint32_t> Thresholds(const std::vector<double>& probabilities) {
  std::vector<uint32_t> thresholds;
  double cumulative = 0;
  for (size_t i = 0; i + 1 < probabilities.size(); ++i) {
    cumulative += probabilities[i];
    thresholds.push_back(static_cast<uint32_t>(
        std::min(std::floor(cumulative * kTwoTo32), kTwoTo32 - 1)));
  }
  return thresholds;
}

}  // namespace

Sampler::Sampler(const SearchSpace& space) : space_(space) {
  const ScaledConstraints scaled = *ScaleConstraints(space_);
  const std::vector<double> tilts = FindTilts(scaled);
  for (size_t k = 0; k < tilts.size(); ++k) {
    tilts_.push_back(tilts[k] / scaled.units[k]);
  }
  for (size_t b = 0; b < scaled.blocks.size(); ++b) {
    const bool frozen = std::ranges::all_of(
        scaled.blocks[b].parameters,
        [&](int p) { return space_.parameter(p).choices.size() == 1; });
    if (frozen) continue;
    Draw& draw = draws_.emplace_back();
    draw.parameters = scaled.blocks[b].parameters;
    for (const std::vector<int32_t>& choice : scaled.blocks[b].choices) {
      draw.choices.insert(draw.choices.end(), choice.begin(), choice.end());
    }
    draw.thresholds = Thresholds(TiltedProbabilities(scaled, b, tilts));
  }
  accepts_draws_ = AcceptsDraws();
}

// Few choices are counted, many are bisected.
size_t Sampler::Draw::IndexOf(uint32_t random) const {
  if (thresholds.size() > kMaxCounted) {
    return static_cast<size_t>(std::ranges::upper_bound(thresholds, random) -
                               thresholds.begin());
  }
  size_t index = 0;
  for (uint32_t threshold : thresholds) index += random >= threshold;
  return index;
}

void Sampler::Sample(RandomStream& stream, std::span<int32_t> choices) const {
  for (int i = 0; accepts_draws_ && i < kMaxRejections; ++i) {
    if (TrySample(stream, choices)) return;
  }
  Walk(stream, choices);
}

bool Sampler::TrySample(RandomStream& stream,
                        std::span<int32_t> choices) const {
  std::ranges::fill(choices, 0);
  uint64_t bits = 0;
  for (size_t i = 0; i < draws_.size(); ++i) {
    bits = i % 2 == 0 ? stream.Bits() : bits >> 32;
    const auto random = static_cast<uint32_t>(bits);
    const Draw& draw = draws_[i];
    const size_t size = draw.parameters.size();
    const int32_t* drawn = draw.choices.data() + draw.IndexOf(random) * size;
    for (size_t p = 0; p < size; ++p) choices[draw.parameters[p]] = drawn[p];
  }
  return tilts_.empty() || Accept(stream, choices);
}

bool Sampler::Accept(RandomStream& stream,
                     std::span<const int32_t> choices) const {
  double exponent = 0;
  for (size_t k = 0; k < tilts_.size(); ++k) {
    const LinearConstraint& constraint = space_.constraints()[k];
    const double cost = constraint.Cost(choices);
    if (cost > constraint.limit) return false;
    if (tilts_[k] > 0) exponent += tilts_[k] * (constraint.limit - cost);
  }
  return exponent == 0 || stream.UniformReal(0, 1) < std::exp(-exponent);
}

bool Sampler::AcceptsDraws() const {
  if (tilts_.size() < 2) return true;
  RandomStream stream(0, "sampler probe");
  std::vector<int32_t> choices(space_.num_parameters());
  int num_accepted = 0;
  for (int i = 0; i < kProbes && num_accepted < kMinAccepted; ++i) {
    num_accepted += TrySample(stream, choices) ? 1 : 0;
  }
  return num_accepted == kMinAccepted;
}

void Sampler::Walk(RandomStream& stream, std::span<int32_t> choices) const {
  RandomWalk walk(space_, space_.feasible_configuration());
  const size_t num_steps = kStepsPerParameter * draws_.size();
  for (size_t i = 0; i < num_steps; ++i) walk.Step(stream);
  std::ranges::copy(walk.configuration().choices, choices.begin());
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
