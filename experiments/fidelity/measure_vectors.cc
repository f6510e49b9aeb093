// What short recoveries of real models say about full ones:
//
//   measure_vectors OUT.csv MODEL FOLDER VECTORS SEEDS
//
// MODEL and FOLDER as MakeSmallModel(). Draws as many random rank vectors
// within the budget and measures each with as many seeds, short and in full; a
// row holds the score and the seconds of processor time. Rows that OUT.csv has
// already are not run again.
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <set>
#include <string>

#include "rankadaptor/search/strategy_factory.h"

#include "experiments/fidelity/small_models.h"

namespace rankadaptor::experiments {
namespace {

constexpr char kHead[] = "model,vector,seed,fidelity,score,seconds";

std::set<std::string> FinishedKeys(const std::string& path) {
  std::set<std::string> keys;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t seconds = line.rfind(',');
    if (seconds == std::string::npos) continue;
    keys.insert(line.substr(0, line.rfind(',', seconds - 1)));
  }
  return keys;
}

Result<Configuration> RandomVector(const SearchSpace& space, uint64_t seed) {
  RA_ASSIGN_OR_RETURN(auto strategy,
                      MakeStrategy("random", space, {.seed = seed}));
  RA_ASSIGN_OR_RETURN(auto suggested, strategy->Suggest(1));
  return suggested.at(0).configuration;
}

Result<std::string> Row(llama::LlamaEvaluator& evaluator,
                        const std::string& key,
                        int vector,
                        uint64_t seed,
                        double fidelity) {
  RA_ASSIGN_OR_RETURN(const Configuration x,
                      RandomVector(evaluator.space(), vector));
  const std::clock_t start = std::clock();
  RA_ASSIGN_OR_RETURN(
      const double score,
      MeasureTrial(evaluator, x, seed, fidelity, ItemSplit::kSearch));
  char text[64];
  std::snprintf(text,
                sizeof text,
                ",%.6f,%.3f",
                score,
                static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  return key + text;
}

Status MeasureAll(const std::string& path,
                  const std::string& model,
                  const std::string& folder,
                  int num_vectors,
                  uint64_t num_seeds) {
  RA_ASSIGN_OR_RETURN(auto evaluator, MakeSmallModel(model, folder));
  const std::set<std::string> finished = FinishedKeys(path);
  std::ofstream out(path, std::ios::app);
  if (finished.empty()) out << kHead << std::endl;
  for (int vector = 0; vector < num_vectors; ++vector) {
    for (uint64_t seed = 1; seed <= num_seeds; ++seed) {
      for (const double fidelity : {kShortTrial, 1.0}) {
        const std::string key = model + "," + std::to_string(vector) + "," +
                                std::to_string(seed) + "," +
                                (fidelity == 1 ? "full" : "short");
        if (finished.contains(key)) continue;
        RA_ASSIGN_OR_RETURN(std::string row,
                            Row(*evaluator, key, vector, seed, fidelity));
        out << row << std::endl;
      }
    }
  }
  return {};
}

}  // namespace
}  // namespace rankadaptor::experiments

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: measure_vectors OUT.csv MODEL FOLDER VECTORS SEEDS\n";
    return 2;
  }
  const rankadaptor::Status status = rankadaptor::experiments::MeasureAll(
      argv[1], argv[2], argv[3], std::stoi(argv[4]), std::stoull(argv[5]));
  if (status) return 0;
  std::cerr << "measure_vectors: " << status.error().message << "\n";
  return 1;
}
