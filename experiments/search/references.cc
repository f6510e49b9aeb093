#include "experiments/search/references.h"

#include <cstdio>
#include <fstream>
#include <utility>

#include "experiments/search/csv.h"

namespace rankadaptor::experiments {

References::References(std::string path) : path_(std::move(path)) {
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) {
    const size_t comma = line.rfind(',');
    if (comma == std::string::npos || line.starts_with("family")) continue;
    best_[line.substr(0, comma)] = std::stod(line.substr(comma + 1));
  }
}

double References::Best(const Problem& problem, const Function& function) {
  // The order of the layers does not move the best value.
  const std::string family =
      problem.family == "permuted" ? "pair" : problem.family;
  const std::string key = Join({family,
                                std::to_string(problem.num_layers),
                                std::to_string(problem.instance)});
  if (auto found = best_.find(key); found != best_.end()) return found->second;
  const double best =
      LongSearch(function, problem.num_layers, problem.instance);
  char value[32];
  std::snprintf(value, sizeof(value), "%.17g", best);
  std::ofstream(path_, std::ios::app) << key << "," << value << "\n";
  return best_[key] = best;
}

}  // namespace rankadaptor::experiments
