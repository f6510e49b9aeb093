// Searches with and without short trials and writes one CSV row a run:
//
//   compare_fidelities OUT.csv FAMILIES CORRELATIONS INSTANCES COST
//
// Lists are separated by commas, INSTANCES is FIRST-LAST. A full trial measures
// f + noise, f in standard deviations over random points, noise 0.5. A short
// one costs a quarter and measures 0.8 (c f + sqrt(1 - c^2) g) - 1 with noise
// 0.75 * 0.8, where g is another function of the same family and c the
// correlation: what it says is smaller, shifted, partly of something else and
// noisier. Noted is, each time the search has cost another tenth of COST, the
// noise-free value of what the strategy recommends. Rows that OUT.csv has
// already are not run again.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/strategy_factory.h"

#include "experiments/fidelity/spend.h"
#include "experiments/search/functions.h"

namespace rankadaptor::experiments {
namespace {

constexpr int kNumLayers = 26;
constexpr int kNumLevels = 6;
constexpr int kNumRows = 10;
constexpr double kNoise = 0.5;
constexpr double kShort = 0.25;
constexpr double kShortScale = 0.8;
constexpr double kShortNoise = 1.5;
constexpr uint64_t kOtherInstance = 1000;

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

// A function in standard deviations from its mean over random points.
class Standardised {
 public:
  static Result<Standardised> Make(const Problem& problem) {
    Standardised made;
    RA_ASSIGN_OR_RETURN(made.function_, MakeFunction(problem));
    RA_ASSIGN_OR_RETURN(made.moments_, RandomMoments(problem));
    return made;
  }
  double operator()(const Configuration& x) const {
    return (function_(x.choices) - moments_.mean) / moments_.deviation;
  }

 private:
  Function function_;
  Moments moments_;
};

struct Cell {
  std::string family;
  double correlation = 0;  // 0: full trials only
  uint64_t instance = 0;
  double cost = 0;

  std::string Key() const {
    std::ostringstream key;
    key << family << "," << correlation << "," << instance << "," << cost;
    return key.str();
  }
};

SearchSpace MakeLayers() {
  std::vector<Parameter> layers;
  for (int i = 0; i < kNumLayers; ++i) {
    Parameter& layer = layers.emplace_back();
    layer.name = "layer " + std::to_string(i);
    for (int c = 0; c < kNumLevels; ++c) layer.choices.push_back(2 + 2 * c);
  }
  return SearchSpace::Create(std::move(layers)).value();
}

// The values after each tenth of the cost.
Result<std::vector<double>> Run(const Cell& cell) {
  RA_ASSIGN_OR_RETURN(
      Standardised full,
      Standardised::Make({cell.family, kNumLayers, cell.instance}));
  RA_ASSIGN_OR_RETURN(
      Standardised other,
      Standardised::Make(
          {cell.family, kNumLayers, cell.instance + kOtherInstance}));
  StrategyOptions options{.seed = cell.instance};
  if (cell.correlation > 0) options.fidelities = {kShort, 1};
  RA_ASSIGN_OR_RETURN(auto strategy,
                      MakeStrategy("structured", MakeLayers(), options));
  const double c = cell.correlation;
  RandomStream noise(cell.instance, "fidelity experiment");
  const auto measure = [&](const Trial& trial) -> Result<double> {
    const Configuration& x = trial.configuration;
    const double error = noise.Normal(0, kNoise);
    if (trial.fidelity == 1) return full(x) + error;
    return kShortScale * (c * full(x) + std::sqrt(1 - c * c) * other(x) +
                          kShortNoise * error) -
           1;
  };
  RA_ASSIGN_OR_RETURN(const auto recommended,
                      Spend(*strategy, measure, cell.cost, kNumRows));
  std::vector<double> values;
  for (const Configuration& x : recommended) values.push_back(full(x));
  return values;
}

std::set<std::string> KnownKeys(const std::string& path) {
  std::set<std::string> keys;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto parts = Split(line, ',');
    if (parts.size() < 4) continue;
    keys.insert(parts[0] + "," + parts[1] + "," + parts[2] + "," + parts[3]);
  }
  return keys;
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() != 5) {
    std::cerr << "usage: compare_fidelities OUT.csv FAMILIES CORRELATIONS "
                 "INSTANCES COST\n";
    return 2;
  }
  const std::string& path = arguments[0];
  const std::set<std::string> known = KnownKeys(path);
  std::ofstream out(path, std::ios::app);
  if (known.empty()) out << "family,correlation,instance,cost,after...\n";
  const auto instances = Split(arguments[3], '-');
  for (const std::string& family : Split(arguments[1], ',')) {
    for (const std::string& correlation : Split(arguments[2], ',')) {
      for (uint64_t i = std::stoul(instances.front());
           i <= std::stoul(instances.back());
           ++i) {
        const Cell cell{
            family, std::stod(correlation), i, std::stod(arguments[4])};
        if (known.contains(cell.Key())) continue;
        auto values = Run(cell);
        if (!values) {
          std::cerr << values.error().message << "\n";
          return 1;
        }
        out << cell.Key();
        for (double value : *values) {
          char text[32];
          std::snprintf(text, sizeof text, ",%.4f", value);
          out << text;
        }
        out << std::endl;
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace rankadaptor::experiments

int main(int argc, char** argv) {
  return rankadaptor::experiments::Main({argv + 1, argv + argc});
}
