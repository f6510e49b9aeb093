// Runs strategies on benchmark functions and appends one CSV row a run:
//
//   compare_strategies OUT.csv REFERENCE.csv STRATEGIES FAMILIES LAYERS NOISES
//                      SOURCES INSTANCES TRIALS
//
// Lists are separated by commas, INSTANCES is FIRST-LAST, SOURCES are of none,
// related, unrelated, same_size. Rows that OUT.csv has already are not run
// again. REFERENCE.csv holds the best known value of each function; what it
// lacks is searched for and added. Seconds are processor time. Strategy `paper`
// is there with LibTorch only.
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "rankadaptor/search/strategy_factory.h"

#ifdef RANKADAPTOR_WITH_LIBTORCH
#include "rankadaptor/surrogate/mlp_model.h"
#endif

#include "experiments/search/course.h"
#include "experiments/search/csv.h"
#include "experiments/search/functions.h"
#include "experiments/search/references.h"

namespace rankadaptor::experiments {
namespace {

// As many as `rankadaptor search` makes before its model.
constexpr int kNumRandomTrials = 10;

struct Cell {
  std::string strategy;
  Problem problem;
  std::string noise;
  std::string sources;
  int num_trials = 0;

  std::string Key() const {
    return Join({strategy,
                 problem.family,
                 std::to_string(problem.num_layers),
                 noise,
                 sources,
                 std::to_string(problem.instance),
                 std::to_string(num_trials)});
  }
};

double ProcessorSecondsSince(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

Result<std::unique_ptr<Strategy>> MakeStrategyOf(const Cell& cell) {
  StrategyOptions options;
  options.seed = cell.problem.instance;
  options.num_random_trials = kNumRandomTrials;
#ifdef RANKADAPTOR_WITH_LIBTORCH
  options.make_performance_model = [](int num_features, uint64_t seed) {
    return surrogate::MakeMlpModel(num_features, {.seed = seed});
  };
#endif
  RA_ASSIGN_OR_RETURN(const SearchSpace space, MakeSpace(cell.problem));
  return MakeStrategy(cell.strategy, space, options);
}

Status RunTrials(const Cell& cell, Strategy& strategy, Course& course) {
  RA_ASSIGN_OR_RETURN(SourceKind kind, ParseSourceKind(cell.sources));
  RA_ASSIGN_OR_RETURN(std::vector<SourceStudy> sources,
                      MakeSources(cell.problem, kind));
  if (!sources.empty()) RA_RETURN_IF_ERROR(strategy.MetaLearn(sources));
  for (int n = 0; n < cell.num_trials; ++n) {
    RA_ASSIGN_OR_RETURN(auto suggestions, strategy.Suggest(1));
    Trial trial;
    trial.id = n;
    trial.configuration = suggestions.at(0).configuration;
    trial.state = TrialState::kComplete;
    trial.measurement.objective = course.Evaluate(trial.configuration.choices);
    RA_RETURN_IF_ERROR(strategy.Observe(std::span(&trial, 1)));
  }
  return {};
}

// One row of the results.
Result<std::string> Run(const Cell& cell, References& references) {
  RA_ASSIGN_OR_RETURN(
      Course course,
      Course::Create(cell.problem, std::stod(cell.noise), cell.num_trials));
  const std::clock_t start = std::clock();
  RA_ASSIGN_OR_RETURN(auto strategy, MakeStrategyOf(cell));
  RA_RETURN_IF_ERROR(RunTrials(cell, *strategy, course));
  RA_ASSIGN_OR_RETURN(auto recommended, strategy->Recommend(1));
  char seconds[32];
  std::snprintf(seconds, sizeof(seconds), "%.5f", ProcessorSecondsSince(start));
  const double best = references.Best(cell.problem, course.function());
  return Join({cell.Key(),
               course.Regrets(best, recommended.at(0).configuration.choices),
               seconds});
}

std::set<std::string> FinishedKeys(const std::string& path) {
  std::set<std::string> keys;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> fields = Split(line, ',');
    if (fields.size() < 7) continue;
    fields.resize(7);
    keys.insert(Join(fields));
  }
  return keys;
}

Status RunAll(const std::vector<Cell>& cells,
              const std::string& out,
              const std::string& reference) {
  References references(reference);
  const std::set<std::string> finished = FinishedKeys(out);
  std::ofstream file(out, std::ios::app);
  if (finished.empty()) {
    file << "strategy,family,layers,noise,sources,instance,trials,"
         << kRegretColumns << ",seconds" << std::endl;
  }
  for (const Cell& cell : cells) {
    if (finished.contains(cell.Key())) continue;
    RA_ASSIGN_OR_RETURN(std::string row, Run(cell, references));
    file << row << std::endl;
  }
  return {};
}

std::vector<Cell> MakeCells(char** argv) {
  const std::vector<std::string> range = Split(argv[8], '-');
  std::vector<Cell> cells;
  for (int i = std::stoi(range.front()); i <= std::stoi(range.back()); ++i) {
    for (const std::string& strategy : Split(argv[3], ',')) {
      for (const std::string& family : Split(argv[4], ',')) {
        for (const std::string& layers : Split(argv[5], ',')) {
          for (const std::string& noise : Split(argv[6], ',')) {
            for (const std::string& sources : Split(argv[7], ',')) {
              cells.push_back(
                  {.strategy = strategy,
                   .problem = {.family = family,
                               .num_layers = std::stoi(layers),
                               .instance = static_cast<uint64_t>(i)},
                   .noise = noise,
                   .sources = sources,
                   .num_trials = std::stoi(argv[9])});
            }
          }
        }
      }
    }
  }
  return cells;
}

}  // namespace
}  // namespace rankadaptor::experiments

int main(int argc, char** argv) {
  using namespace rankadaptor;
  if (argc != 10) {
    std::cerr << "usage: compare_strategies OUT.csv REFERENCE.csv STRATEGIES "
                 "FAMILIES LAYERS NOISES SOURCES INSTANCES TRIALS\n";
    return 2;
  }
  if (Status status =
          experiments::RunAll(experiments::MakeCells(argv), argv[1], argv[2]);
      !status) {
    std::cerr << status.error().message << "\n";
    return 1;
  }
  return 0;
}
