// One run of a search that lives in another program, on one of the functions:
//
//   play_function REFERENCE.csv FAMILY LAYERS NOISE SOURCES INSTANCE TRIALS
//
// prints how many rows of past studies there are (SOURCES is none, related or
// unrelated), then those rows: number of the study, levels, score. For each
// line of levels 0-5 on standard input it then prints the observed score, to
// be maximised; after the last trial also the columns of course.h's Regrets().
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "rankadaptor/synthetic/benchmark_function.h"

#include "experiments/search/course.h"
#include "experiments/search/functions.h"
#include "experiments/search/references.h"

namespace rankadaptor::experiments {
namespace {

struct Play {
  std::string reference;
  Problem problem;
  double noise = 0;
  std::string sources;
  int num_trials = 0;
};

void PrintSources(const std::vector<SourceStudy>& sources) {
  size_t num_rows = 0;
  for (const SourceStudy& study : sources) num_rows += study.values.size();
  std::cout << num_rows << "\n";
  for (size_t s = 0; s < sources.size(); ++s) {
    for (size_t row = 0; row < sources[s].values.size(); ++row) {
      std::cout << s;
      for (int32_t level : sources[s].configurations[row].choices) {
        std::cout << " " << level;
      }
      std::cout << " " << sources[s].values[row] << "\n";
    }
  }
  std::cout.flush();
}

Result<std::vector<int32_t>> ReadLevels(int num_layers) {
  std::string line;
  std::getline(std::cin, line);
  std::istringstream words(line);
  std::vector<int32_t> levels;
  for (int32_t level = 0; words >> level;) {
    if (level < 0 || level >= synthetic::kNumLevels) break;
    levels.push_back(level);
  }
  if (!words.eof() || static_cast<int>(levels.size()) != num_layers) {
    return InvalidArgument("'" + line + "' is not " +
                           std::to_string(num_layers) + " levels of 0 to 5");
  }
  return levels;
}

Status Run(const Play& play) {
  RA_ASSIGN_OR_RETURN(
      Course course, Course::Create(play.problem, play.noise, play.num_trials));
  RA_ASSIGN_OR_RETURN(SourceKind kind, ParseSourceKind(play.sources));
  RA_ASSIGN_OR_RETURN(auto sources, MakeSources(play.problem, kind));
  std::cout.precision(17);
  PrintSources(sources);
  for (int n = 0; n < play.num_trials; ++n) {
    RA_ASSIGN_OR_RETURN(std::vector<int32_t> levels,
                        ReadLevels(play.problem.num_layers));
    std::cout << course.Evaluate(levels) << std::endl;
  }
  References references(play.reference);
  std::cout << course.Regrets(references.Best(play.problem, course.function()),
                              {})
            << std::endl;
  return {};
}

}  // namespace
}  // namespace rankadaptor::experiments

int main(int argc, char** argv) {
  using namespace rankadaptor;
  if (argc != 8) {
    std::cerr << "usage: play_function REFERENCE.csv FAMILY LAYERS NOISE "
                 "SOURCES INSTANCE TRIALS\n";
    return 2;
  }
  const experiments::Play play{.reference = argv[1],
                               .problem = {.family = argv[2],
                                           .num_layers = std::stoi(argv[3]),
                                           .instance = std::stoull(argv[6])},
                               .noise = std::stod(argv[4]),
                               .sources = argv[5],
                               .num_trials = std::stoi(argv[7])};
  if (Status status = experiments::Run(play); !status) {
    std::cerr << status.error().message << "\n";
    return 2;
  }
  return 0;
}
