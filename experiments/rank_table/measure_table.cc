// Recovers stories260K, its three middle layers halved, with every rank vector
// of {2, 4, ..., 12} for these layers and one seed, and writes two rows for
// each as CSV (rankadaptor/table/measured_table.h):
//
//   measure_table DATA SEED FILE
//
// DATA is the folder with models/ and text/. Vectors that FILE already has are
// kept, so that a run that was stopped goes on. A vector is recovered once and
// scored on both splits of the items.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <string>

#include "experiments/rank_table/halved_stories.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;

std::string Row(const std::string& key,
                uint64_t seed,
                const char* split,
                const Measurement& measurement) {
  std::string row = key + std::to_string(seed) + "," + split;
  for (const Metric& metric : measurement.metrics) {
    char text[32];
    std::snprintf(text, sizeof text, ",%.5f", metric.value);
    row += text;
  }
  return row + "\n";
}

// The keys of the vectors whose two rows are complete.
std::set<std::string> KeysIn(const fs::path& file, uint64_t seed) {
  std::set<std::string> keys;
  std::ifstream stream(file);
  const std::string mark = std::to_string(seed) + ",confirm,";
  for (std::string line; std::getline(stream, line);) {
    const size_t at = line.find(mark);
    if (at != std::string::npos) keys.insert(line.substr(0, at));
  }
  return keys;
}

Status MeasureAll(const fs::path& data, uint64_t seed, const fs::path& file) {
  RA_ASSIGN_OR_RETURN(const auto evaluator, MakeHalvedStories(data));
  const SearchSpace& space = evaluator->space();
  const std::set<std::string> done = KeysIn(file, seed);
  std::ofstream out(file, std::ios::app);
  Configuration x{std::vector<int32_t>(space.num_parameters(), 0)};
  do {
    const std::string key = RanksText(space, x);
    if (done.contains(key)) continue;
    RA_ASSIGN_OR_RETURN(const Adapter adapter, evaluator->Recover(x, seed));
    const auto score = [&](ItemSplit split) {
      return evaluator->Score(evaluator->model(), &adapter, split);
    };
    RA_ASSIGN_OR_RETURN(const Measurement search, score(ItemSplit::kSearch));
    RA_ASSIGN_OR_RETURN(const Measurement confirm, score(ItemSplit::kConfirm));
    if (out.tellp() == 0) {
      out << LayersText(space) << "seed,split";
      for (const Metric& metric : search.metrics) out << "," << metric.name;
      out << "\n";
    }
    out << Row(key, seed, "search", search)
        << Row(key, seed, "confirm", confirm) << std::flush;
  } while (Advance(space, &x));
  return {};
}

}  // namespace
}  // namespace rankadaptor::llama

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: measure_table DATA SEED FILE\n";
    return 2;
  }
  const rankadaptor::Status status =
      rankadaptor::llama::MeasureAll(argv[1], std::stoull(argv[2]), argv[3]);
  if (status) return 0;
  std::cerr << "measure_table: " << status.error().message << "\n";
  return 1;
}
