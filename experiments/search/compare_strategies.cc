// Runs strategies on benchmark functions and appends one CSV row a run:
//
//   compare_strategies OUT.csv REFERENCE.csv STRATEGIES FAMILIES LAYERS NOISES
//                      SOURCES INSTANCES TRIALS
//
// Lists are separated by commas, INSTANCES is FIRST-LAST, SOURCES are of none,
// related, unrelated. Rows that OUT.csv has already are not run again.
// REFERENCE.csv holds the best known value of each function; what it lacks is
// searched for and added.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "rankadaptor/search/strategy_factory.h"
#include "rankadaptor/synthetic/benchmark_function.h"

#include "experiments/search/functions.h"

namespace rankadaptor::experiments {
namespace {

constexpr int kCheckpoints[] = {25, 50, 100, 300};

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

std::string Join(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) {
    joined += (joined.empty() ? "" : ",") + part;
  }
  return joined;
}

std::string Format(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.5f", value);
  return text;
}

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

// The best known values by "family,layers,instance".
class References {
 public:
  explicit References(std::string path) : path_(std::move(path)) {
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      const size_t comma = line.rfind(',');
      if (comma == std::string::npos || line.starts_with("family")) continue;
      best_[line.substr(0, comma)] = std::stod(line.substr(comma + 1));
    }
  }

  double Best(const Problem& problem, const Function& function) {
    // The order of the layers does not move the best value.
    const std::string family =
        problem.family == "permuted" ? "pair" : problem.family;
    const std::string key = Join({family,
                                  std::to_string(problem.num_layers),
                                  std::to_string(problem.instance)});
    if (auto found = best_.find(key); found != best_.end()) {
      return found->second;
    }
    const double best =
        LongSearch(function, problem.num_layers, problem.instance);
    char value[32];
    std::snprintf(value, sizeof(value), "%.17g", best);
    std::ofstream(path_, std::ios::app) << key << "," << value << "\n";
    return best_[key] = best;
  }

 private:
  std::string path_;
  std::map<std::string, double> best_;
};

// What a run saw, trial by trial.
struct Course {
  std::vector<double> observed;
  std::vector<double> noise_free;
  double recommended = 0;  // noise-free value of the final recommendation
  double seconds = 0;      // of the strategy
};

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

Result<Course> Run(const Cell& cell, const Function& function) {
  RA_ASSIGN_OR_RETURN(std::vector<double> noise,
                      MakeNoise(cell.problem, cell.num_trials));
  RA_ASSIGN_OR_RETURN(Moments moments, RandomMoments(cell.problem));
  const SourceKind kind = cell.sources == "related"     ? SourceKind::kRelated
                          : cell.sources == "unrelated" ? SourceKind::kUnrelated
                                                        : SourceKind::kNone;
  RA_ASSIGN_OR_RETURN(std::vector<SourceStudy> sources,
                      MakeSources(cell.problem, kind));
  const double scale = std::stod(cell.noise) * moments.deviation;
  StrategyOptions options;
  options.seed = cell.problem.instance;
  RA_ASSIGN_OR_RETURN(
      auto strategy,
      MakeStrategy(cell.strategy,
                   synthetic::BenchmarkSpace(cell.problem.num_layers),
                   options));
  Course course;
  const auto start = std::chrono::steady_clock::now();
  if (!sources.empty()) RA_RETURN_IF_ERROR(strategy->MetaLearn(sources));
  for (int n = 0; n < cell.num_trials; ++n) {
    RA_ASSIGN_OR_RETURN(auto suggestions, strategy->Suggest(1));
    Trial trial;
    trial.id = n;
    trial.configuration = suggestions.at(0).configuration;
    trial.state = TrialState::kComplete;
    course.noise_free.push_back(function(trial.configuration.choices));
    course.observed.push_back(course.noise_free.back() + scale * noise[n]);
    trial.measurement.objective = course.observed.back();
    RA_RETURN_IF_ERROR(strategy->Observe(std::span(&trial, 1)));
  }
  RA_ASSIGN_OR_RETURN(auto recommended, strategy->Recommend(1));
  course.seconds = SecondsSince(start);
  course.recommended = function(recommended.at(0).configuration.choices);
  return course;
}

std::string Row(const Cell& cell,
                const Course& course,
                double best,
                double mean) {
  auto regret = [&](double value) {
    return Format((best - value) / (best - mean));
  };
  std::vector<std::string> fields = {cell.Key()};
  for (int n : kCheckpoints) {
    if (n > cell.num_trials) {
      fields.push_back("");
      continue;
    }
    const auto chosen =
        std::max_element(course.observed.begin(), course.observed.begin() + n) -
        course.observed.begin();
    fields.push_back(regret(course.noise_free[chosen]));
  }
  fields.push_back(regret(course.recommended));
  fields.push_back(regret(*std::ranges::max_element(course.noise_free)));
  fields.push_back(Format(course.seconds));
  return Join(fields);
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
    file << "strategy,family,layers,noise,sources,instance,trials,regret_25,"
            "regret_50,regret_100,regret_300,recommended,visited,seconds\n";
  }
  for (const Cell& cell : cells) {
    if (finished.contains(cell.Key())) continue;
    RA_ASSIGN_OR_RETURN(Function function, MakeFunction(cell.problem));
    RA_ASSIGN_OR_RETURN(Moments moments, RandomMoments(cell.problem));
    RA_ASSIGN_OR_RETURN(Course course, Run(cell, function));
    file << Row(cell,
                course,
                references.Best(cell.problem, function),
                moments.mean)
         << std::endl;
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
