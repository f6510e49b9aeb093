#include "experiments/search/depth_function.h"

#include <cmath>
#include <string>
#include <utility>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/synthetic/benchmark_function.h"

namespace rankadaptor::experiments {
namespace {

using synthetic::kNumLevels;

constexpr int kNumSources = 8;
constexpr int kNumSourcePoints = 60;
constexpr double kSourceNoise = 0.3;

// How much the variants of an instance differ from it.
constexpr double kVariation = 0.3;

double RelativeDepth(int layer, int num_layers) {
  return layer / (num_layers - 1.0);
}

// A smooth random function of depth as its values at the layers: a few slow
// waves.
std::vector<double> Wave(int num_layers, uint64_t instance, int variant) {
  constexpr int kNumWaves = 4;
  std::vector<double> values(num_layers, 0.0);
  RandomStream stream(instance, "depth", static_cast<uint64_t>(variant));
  for (int k = 0; k < kNumWaves; ++k) {
    const double amplitude = stream.Normal(0, 1) / std::sqrt(k + 1.0);
    const double phase = stream.UniformReal(0, 2 * M_PI);
    for (int i = 0; i < num_layers; ++i) {
      values[i] +=
          amplitude * std::cos(M_PI * k * RelativeDepth(i, num_layers) + phase);
    }
  }
  return values;
}

// The three waves of a variant: those of the instance, and a part of its own.
std::vector<double> VariantWave(int num_layers,
                                uint64_t instance,
                                int variant,
                                int which) {
  std::vector<double> wave = Wave(num_layers, instance, which);
  if (variant == 0) return wave;
  const std::vector<double> own =
      Wave(num_layers, instance, 3 * variant + which);
  for (int i = 0; i < num_layers; ++i) wave[i] += kVariation * own[i];
  return wave;
}

Function MakeVariant(int num_layers, uint64_t instance, int variant) {
  std::vector<double> peaks = VariantWave(num_layers, instance, variant, 0);
  std::vector<double> weights = VariantWave(num_layers, instance, variant, 1);
  std::vector<double> couplings = VariantWave(num_layers, instance, variant, 2);
  for (double& peak : peaks) peak = std::tanh(peak);
  for (double& weight : weights) weight = std::exp(0.7 * weight);
  return [peaks = std::move(peaks),
          weights = std::move(weights),
          couplings = std::move(couplings)](std::span<const int32_t> levels) {
    auto centred = [&](size_t i) { return levels[i] / 2.5 - 1; };
    double sum = 0;
    for (size_t i = 0; i < levels.size(); ++i) {
      const double off = centred(i) - peaks[i];
      sum -= weights[i] * off * off;
      if (i > 0) sum += 0.7 * couplings[i] * centred(i - 1) * centred(i);
    }
    return sum;
  };
}

SourceStudy MakeSource(int num_layers, uint64_t instance, int variant) {
  const Function function = MakeVariant(num_layers, instance, variant);
  RandomStream stream(instance, "depth source", static_cast<uint64_t>(variant));
  SourceStudy source{.name = "variant " + std::to_string(variant),
                     .configurations = {},
                     .values = {},
                     .parameters = DepthSpace(num_layers).parameters()};
  double mean = 0;
  double square = 0;
  for (int n = 0; n < kNumSourcePoints; ++n) {
    Configuration& x = source.configurations.emplace_back();
    for (int i = 0; i < num_layers; ++i) {
      x.choices.push_back(
          static_cast<int32_t>(stream.UniformInt(0, kNumLevels - 1)));
    }
    source.values.push_back(function(x.choices));
    mean += source.values.back() / kNumSourcePoints;
    square += source.values.back() * source.values.back() / kNumSourcePoints;
  }
  const double noise = kSourceNoise * std::sqrt(square - mean * mean);
  for (double& value : source.values) value += noise * stream.Normal(0, 1);
  return source;
}

}  // namespace

Function MakeDepthFunction(int num_layers, uint64_t instance) {
  return MakeVariant(num_layers, instance, 0);
}

SearchSpace DepthSpace(int num_layers) {
  std::vector<Parameter> parameters =
      synthetic::BenchmarkSpace(num_layers).parameters();
  for (int i = 0; i < num_layers; ++i) {
    parameters[i].descriptors = {
        {"relative depth", RelativeDepth(i, num_layers)}};
  }
  return SearchSpace::Create(std::move(parameters)).value();
}

std::vector<SourceStudy> MakeDepthSources(int num_layers, uint64_t instance) {
  std::vector<SourceStudy> sources;
  for (int variant = 1; variant <= kNumSources; ++variant) {
    sources.push_back(MakeSource(num_layers, instance, variant));
  }
  return sources;
}

}  // namespace rankadaptor::experiments
