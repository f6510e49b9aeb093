// Searches the LoRA ranks of real models with and without short trials:
//
//   search_models OUT.csv MODEL FOLDER SEEDS COST
//
// MODEL and FOLDER as MakeSmallModel(). For each seed, strategy `structured`
// spends the cost of as many full trials: on full ones only, and on screenings
// and confirmations. All trials of a search share a seed. What it recommends
// after half the cost and after all of it is recovered in full with fresh seeds
// and scored on the other half of the items; rows hold that, and the seconds of
// processor time that the search has taken. Rows that OUT.csv has already are
// not run again.
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/strategy_factory.h"

#include "experiments/fidelity/small_models.h"
#include "experiments/fidelity/spend.h"

namespace rankadaptor::experiments {
namespace {

constexpr char kHead[] =
    "model,trials,seed,cost,confirmed_after_half,confirmed_after_all,seconds";
constexpr int kNumParts = 2;
constexpr int kNumFreshSeeds = 3;

std::set<std::string> FinishedKeys(const std::string& path) {
  std::set<std::string> keys;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    size_t end = 0;
    for (int field = 0; field < 4; ++field) end = line.find(',', end) + 1;
    keys.insert(line.substr(0, end));
  }
  return keys;
}

Result<double> Confirm(llama::LlamaEvaluator& evaluator,
                       const Configuration& x,
                       uint64_t seed) {
  double sum = 0;
  for (int i = 0; i < kNumFreshSeeds; ++i) {
    RA_ASSIGN_OR_RETURN(
        const double score,
        MeasureTrial(evaluator,
                     x,
                     DeriveSeed(seed, "fresh " + std::to_string(i)),
                     1,
                     ItemSplit::kConfirm));
    sum += score;
  }
  return sum / kNumFreshSeeds;
}

// One row, less its key.
Result<std::string> Search(llama::LlamaEvaluator& evaluator,
                           std::vector<double> fidelities,
                           uint64_t seed,
                           double cost) {
  RA_ASSIGN_OR_RETURN(
      auto strategy,
      MakeStrategy("structured",
                   evaluator.space(),
                   {.seed = seed, .fidelities = std::move(fidelities)}));
  const auto measure = [&](const Trial& trial) {
    return MeasureTrial(evaluator,
                        trial.configuration,
                        DeriveSeed(seed, "trials"),
                        trial.fidelity,
                        ItemSplit::kSearch);
  };
  const std::clock_t start = std::clock();
  RA_ASSIGN_OR_RETURN(const auto recommended,
                      Spend(*strategy, measure, cost, kNumParts));
  const double seconds =
      static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::string row;
  char text[32];
  for (const Configuration& x : recommended) {
    RA_ASSIGN_OR_RETURN(const double score, Confirm(evaluator, x, seed));
    std::snprintf(text, sizeof text, "%.6f,", score);
    row += text;
  }
  std::snprintf(text, sizeof text, "%.2f", seconds);
  return row + text;
}

Status SearchAll(const std::string& path,
                 const std::string& model,
                 const std::string& folder,
                 uint64_t num_seeds,
                 int cost) {
  RA_ASSIGN_OR_RETURN(auto evaluator, MakeSmallModel(model, folder));
  const std::set<std::string> finished = FinishedKeys(path);
  std::ofstream out(path, std::ios::app);
  if (finished.empty()) out << kHead << std::endl;
  for (uint64_t seed = 1; seed <= num_seeds; ++seed) {
    for (const bool screens : {false, true}) {
      const std::string key = model + (screens ? ",screened," : ",full,") +
                              std::to_string(seed) + "," +
                              std::to_string(cost) + ",";
      if (finished.contains(key)) continue;
      std::vector<double> fidelities = {1};
      if (screens) fidelities = {kShortTrial, 1};
      RA_ASSIGN_OR_RETURN(
          std::string row,
          Search(*evaluator, std::move(fidelities), seed, cost));
      out << key << row << std::endl;
    }
  }
  return {};
}

}  // namespace
}  // namespace rankadaptor::experiments

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: search_models OUT.csv MODEL FOLDER SEEDS COST\n";
    return 2;
  }
  const rankadaptor::Status status = rankadaptor::experiments::SearchAll(
      argv[1], argv[2], argv[3], std::stoull(argv[4]), std::stoi(argv[5]));
  if (status) return 0;
  std::cerr << "search_models: " << status.error().message << "\n";
  return 1;
}
