// Recovers the halved stories260K once with nested ranks and scores every rank
// vector of {2, 4, ..., 12} for its three halved layers by truncation:
//
//   measure_nested DATA SEED UPDATES FILE
//
// DATA is the folder with models/ and text/. FILE gets a CSV row for each
// vector: the ranks, the seed, and the mean log-likelihood per token of the
// target text on all items that drive the search, and on a quarter of them.
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <string>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/nested_preview.h"

#include "experiments/rank_table/halved_stories.h"

namespace rankadaptor::llama {
namespace {

constexpr double kShares[] = {1, 0.25};

double ProcessorSeconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

Result<std::string> Row(const LlamaEvaluator& evaluator,
                        const Adapter& nested,
                        const Configuration& x,
                        uint64_t seed) {
  std::string row = RanksText(evaluator.space(), x) + std::to_string(seed);
  for (double share : kShares) {
    RA_ASSIGN_OR_RETURN(const Measurement measured,
                        ScoreTruncated(evaluator, nested, x, share));
    char text[32];
    std::snprintf(text, sizeof text, ",%.5f", measured.objective);
    row += text;
  }
  return row + "\n";
}

Status MeasureAll(const std::filesystem::path& data,
                  const NestedPreviewOptions& options,
                  const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(const auto evaluator, MakeHalvedStories(data));
  const SearchSpace& space = evaluator->space();
  const double start = ProcessorSeconds();
  RA_ASSIGN_OR_RETURN(const RecoveryResult nested,
                      RecoverForPreview(*evaluator, options));
  const double trained = ProcessorSeconds();
  std::string csv = LayersText(space) + "seed,all items,quarter\n";
  int num_rows = 0;
  Configuration x{std::vector<int32_t>(space.num_parameters(), 0)};
  do {
    RA_ASSIGN_OR_RETURN(const std::string row,
                        Row(*evaluator, nested.adapter, x, options.seed));
    csv += row;
    ++num_rows;
  } while (Advance(space, &x));
  std::printf("seed %d: %.2f s for %d updates, %.3f s for a vector\n",
              static_cast<int>(options.seed),
              trained - start,
              static_cast<int>(nested.log.size()),
              (ProcessorSeconds() - trained) / num_rows);
  return WriteFileAtomically(file, csv);
}

}  // namespace
}  // namespace rankadaptor::llama

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: measure_nested DATA SEED UPDATES FILE\n";
    return 2;
  }
  const rankadaptor::Status status = rankadaptor::llama::MeasureAll(
      argv[1],
      {.steps = std::stoll(argv[3]), .seed = std::stoull(argv[2])},
      argv[4]);
  if (status) return 0;
  std::cerr << "measure_nested: " << status.error().message << "\n";
  return 1;
}
