#include "rankadaptor/search/parameter_importance.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor {
namespace {

// Random configurations: for the variance of the whole, and from which single
// parameters are varied. Fewer of the latter where that is a lot of work.
constexpr int kNumWhole = 4096;
constexpr int kNumBases = 128;
constexpr int kMinBases = 8;
constexpr int kMaxVaried = 40'000;

Configuration RandomConfiguration(const SearchSpace& space,
                                  RandomStream& stream) {
  Configuration configuration;
  for (const Parameter& parameter : space.parameters()) {
    configuration.choices.push_back(static_cast<int32_t>(stream.UniformInt(
        0, static_cast<int64_t>(parameter.choices.size()) - 1)));
  }
  return configuration;
}

std::vector<Configuration> RandomConfigurations(const SearchSpace& space,
                                                const char* purpose,
                                                int count) {
  RandomStream stream(0, purpose);
  std::vector<Configuration> configurations;
  for (int i = 0; i < count; ++i) {
    configurations.push_back(RandomConfiguration(space, stream));
  }
  return configurations;
}

// Divides first: sums of huge values overflow.
double Mean(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0;
  for (double value : values) mean += value / n;
  return mean;
}

// Of equally likely values.
double Variance(std::span<const double> values) {
  const double mean = Mean(values);
  double sum = 0;
  for (double value : values) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(values.size());
}

int NumBases(const SearchSpace& space) {
  int num_varied = 0;
  for (int p : space.free_parameters()) {
    num_varied += static_cast<int>(space.parameter(p).choices.size());
  }
  return std::clamp(kMaxVaried / std::max(num_varied, 1), kMinBases, kNumBases);
}

// The bases with every choice of one parameter: [num_bases, num_choices].
std::vector<Configuration> Varied(const std::vector<Configuration>& bases,
                                  int parameter,
                                  int num_choices) {
  std::vector<Configuration> varied;
  for (const Configuration& base : bases) {
    for (int32_t choice = 0; choice < num_choices; ++choice) {
      varied.push_back(base);
      varied.back().choices[parameter] = choice;
    }
  }
  return varied;
}

// From predictions [num_bases, num_choices]. The total effect is the mean
// variance over the choices, the main effect the variance of the choices'
// means, less what the finite number of bases adds to it.
ParameterImportance Variances(int parameter,
                              std::span<const double> predictions,
                              size_t num_choices) {
  ParameterImportance importance{.parameter = parameter};
  const size_t num_bases = predictions.size() / num_choices;
  std::vector<double> means(num_choices, 0.0);
  for (size_t b = 0; b < num_bases; ++b) {
    const auto row = predictions.subspan(b * num_choices, num_choices);
    importance.total += Variance(row) / static_cast<double>(num_bases);
    for (size_t c = 0; c < num_choices; ++c) {
      means[c] += row[c] / static_cast<double>(num_bases);
    }
  }
  const double share = 1 / static_cast<double>(num_bases);
  importance.main =
      std::clamp((Variance(means) - share * importance.total) / (1 - share),
                 0.0,
                 importance.total);
  return importance;
}

}  // namespace

Result<std::vector<ParameterImportance>> MeasureImportance(
    const SearchSpace& space, Strategy& strategy) {
  std::vector<ParameterImportance> importance;
  RA_ASSIGN_OR_RETURN(std::vector<double> whole,
                      strategy.PredictMeans(RandomConfigurations(
                          space, "importance whole", kNumWhole)));
  if (whole.empty()) return importance;
  // Scores of any size: everything is relative to the largest difference.
  const double centre = Mean(whole);
  double size = 0;
  for (double value : whole) size = std::max(size, std::abs(value - centre));
  const auto bases =
      RandomConfigurations(space, "importance bases", NumBases(space));
  for (int p : space.free_parameters()) {
    const auto num_choices =
        static_cast<int>(space.parameter(p).choices.size());
    RA_ASSIGN_OR_RETURN(std::vector<double> predictions,
                        strategy.PredictMeans(Varied(bases, p, num_choices)));
    for (double& value : predictions) {
      value = size > 0 ? (value - centre) / size : 0;
    }
    importance.push_back(Variances(p, predictions, num_choices));
  }
  for (double& value : whole) value = size > 0 ? (value - centre) / size : 0;
  const double variance = Variance(whole);
  for (ParameterImportance& entry : importance) {
    entry.main = variance > 0 ? entry.main / variance : 0;
    entry.total = variance > 0 ? entry.total / variance : 0;
  }
  return importance;
}

}  // namespace rankadaptor
