// What nested recoveries of real models say of rank vectors, beside vectors
// recoveries of their own:
//
//   score_vectors MODEL FOLDER VECTORS SEEDS UPDATES > OUT.csv
//
// MODEL and FOLDER as MakeSmallModel(). Draws as many random rank vectors
// within the budget; with each seed, measures them by recoveries of their own
// ("full") and as truncations of one nested recovery ("nested") of so many
// updates, on the items that drive the search.
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "rankadaptor/llama/nested_preview.h"
#include "rankadaptor/search/strategy_factory.h"

#include "experiments/fidelity/small_models.h"

namespace rankadaptor::experiments {
namespace {

Result<std::vector<Configuration>> RandomVectors(const SearchSpace& space,
                                                 int count) {
  RA_ASSIGN_OR_RETURN(auto strategy, MakeStrategy("random", space, {}));
  RA_ASSIGN_OR_RETURN(auto suggested, strategy->Suggest(count));
  std::vector<Configuration> vectors;
  for (Suggestion& each : suggested) {
    vectors.push_back(std::move(each.configuration));
  }
  return vectors;
}

// "2 4 12".
std::string RanksText(const SearchSpace& space, const Configuration& x) {
  std::string text;
  for (double rank : space.Values(x)) {
    if (!text.empty()) text += " ";
    text += std::to_string(static_cast<int>(rank));
  }
  return text;
}

void PrintRow(const std::string& model,
              const std::string& ranks,
              uint64_t seed,
              const char* how,
              double score) {
  std::printf("%s,%s,%d,%s,%.6f\n",
              model.c_str(),
              ranks.c_str(),
              static_cast<int>(seed),
              how,
              score);
  std::fflush(stdout);
}

Status MeasureAll(const std::string& model,
                  const std::string& folder,
                  int num_vectors,
                  uint64_t num_seeds,
                  int64_t num_updates) {
  RA_ASSIGN_OR_RETURN(auto evaluator, MakeSmallModel(model, folder));
  RA_ASSIGN_OR_RETURN(const std::vector<Configuration> vectors,
                      RandomVectors(evaluator->space(), num_vectors));
  std::printf("model,ranks,seed,how,score\n");
  for (uint64_t seed = 1; seed <= num_seeds; ++seed) {
    RA_ASSIGN_OR_RETURN(
        const llama::RecoveryResult nested,
        RecoverForPreview(*evaluator, {.steps = num_updates, .seed = seed}));
    for (const Configuration& x : vectors) {
      const std::string ranks = RanksText(evaluator->space(), x);
      RA_ASSIGN_OR_RETURN(const Measurement truncated,
                          ScoreTruncated(*evaluator, nested.adapter, x, 1));
      PrintRow(model, ranks, seed, "nested", truncated.objective);
      RA_ASSIGN_OR_RETURN(
          const double full,
          MeasureTrial(*evaluator, x, seed, 1, ItemSplit::kSearch));
      PrintRow(model, ranks, seed, "full", full);
    }
  }
  return {};
}

}  // namespace
}  // namespace rankadaptor::experiments

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: score_vectors MODEL FOLDER VECTORS SEEDS UPDATES\n";
    return 2;
  }
  const rankadaptor::Status status =
      rankadaptor::experiments::MeasureAll(argv[1],
                                           argv[2],
                                           std::stoi(argv[3]),
                                           std::stoull(argv[4]),
                                           std::stoll(argv[5]));
  if (status) return 0;
  std::cerr << "score_vectors: " << status.error().message << "\n";
  return 1;
}
