// Searches the table of measured rank vectors, whose best one is known:
//
//   search_table TABLE.csv MAX_SUM STRATEGIES SEEDS TRIALS OUT.csv [SOURCE.csv]
//
// STRATEGIES are separated by commas, SEEDS is FIRST-LAST. A trial measures a
// vector with one seed of the table, that of the search, on the items that
// drive the search. OUT.csv gets a row for each strategy, seed and number of
// trials, and one for the recommendation after the last: by how much the best
// vector observed so far falls short of the best of the space, by the values
// that the search sees (`observed`), and by the means over the table's seeds on
// the items of the search (`mean`) and of confirmation (`confirmed`).
//
// SOURCE.csv (columns: ranks, seed, score, ...) is what is known before the
// first trial: of its seeds, search k takes the k-th in turn. With it,
// strategies also run on a source that misleads: its values change sign.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "rankadaptor/common/file.h"
#include "rankadaptor/search/feasible_configurations.h"
#include "rankadaptor/search/strategy_factory.h"
#include "rankadaptor/surrogate/mlp_model.h"
#include "rankadaptor/table/table_evaluator.h"

namespace rankadaptor::experiments {
namespace {

using table::TableEvaluator;

constexpr char kObjective[] = "tinystories";

struct Options {
  std::string table;
  double max_sum = 0;
  std::vector<std::string> strategies;
  uint64_t first_seed = 0;
  uint64_t last_seed = 0;
  int num_trials = 0;
  std::string out;
  std::string source;
};

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

// The sources of the file, one for each of its seeds; vectors that the table
// does not have are left out.
Result<std::vector<SourceStudy>> ReadSources(const std::string& file,
                                             const SearchSpace& space) {
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  std::map<std::string, SourceStudy> by_seed;
  const std::vector<std::string> lines = Split(text, '\n');
  const auto num_ranks = static_cast<size_t>(space.num_parameters());
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = Split(lines[i], ',');
    if (fields.size() < num_ranks + 2) {
      return InvalidArgument(file + ": line " + std::to_string(i + 1) +
                             " has too few columns");
    }
    std::vector<double> ranks;
    for (size_t r = 0; r < num_ranks; ++r)
      ranks.push_back(std::stod(fields[r]));
    auto configuration = space.FromValues(ranks);
    if (!configuration) continue;
    SourceStudy& source = by_seed[fields[num_ranks]];
    source.name = "nested ranks";
    source.configurations.push_back(*configuration);
    source.values.push_back(std::stod(fields[num_ranks + 1]));
  }
  std::vector<SourceStudy> sources;
  for (auto& [seed, source] : by_seed) sources.push_back(std::move(source));
  return sources;
}

struct Regret {
  double observed = 0;
  double mean = 0;
  double confirmed = 0;
};

// One trial after the other, as an engine without phases.
class Search {
 public:
  Search(TableEvaluator& evaluator, std::string strategy, uint64_t seed)
      : evaluator_(evaluator), name_(std::move(strategy)), seed_(seed) {
    ForEachFeasible(evaluator_.space(), [this](const Configuration& x) {
      best_observable_ = std::max(best_observable_, Observed(x));
      return true;
    });
  }

  // Regrets after each trial, then that of the recommendation.
  Result<std::vector<Regret>> Run(int num_trials,
                                  const std::vector<SourceStudy>& sources) {
    StrategyOptions options;
    options.seed = seed_;
    options.make_performance_model = [](int num_features, uint64_t seed) {
      return surrogate::MakeMlpModel(num_features, {.seed = seed});
    };
    RA_ASSIGN_OR_RETURN(auto strategy,
                        MakeStrategy(name_, evaluator_.space(), options));
    RA_RETURN_IF_ERROR(strategy->MetaLearn(sources));
    std::vector<Regret> regrets;
    for (int id = 0; id < num_trials; ++id) {
      RA_RETURN_IF_ERROR(TryOne(id, *strategy));
      regrets.push_back(RegretOf(best_.configuration));
    }
    RA_ASSIGN_OR_RETURN(auto recommended, strategy->Recommend(1));
    regrets.push_back(RegretOf(recommended.at(0).configuration));
    return regrets;
  }

 private:
  Status TryOne(int id, Strategy& strategy) {
    RA_ASSIGN_OR_RETURN(auto suggestions, strategy.Suggest(1));
    if (suggestions.empty()) return {};
    Trial trial;
    trial.id = id;
    trial.configuration = suggestions[0].configuration;
    trial.state = TrialState::kComplete;
    trial.measurement.objective = Observed(trial.configuration);
    if (id == 0 || trial.measurement.objective > best_.measurement.objective) {
      best_ = trial;
    }
    return strategy.Observe(std::span(&trial, 1));
  }

  double Observed(const Configuration& x) const {
    const table::MeasuredTable& table = evaluator_.table();
    const auto objective = std::ranges::find(table.metrics(), kObjective) -
                           table.metrics().begin();
    return table.Values(
        x.choices, seed_ % table.seeds().size(), ItemSplit::kSearch)[objective];
  }

  Regret RegretOf(const Configuration& x) const {
    return {best_observable_ - Observed(x),
            RegretOn(ItemSplit::kSearch, x),
            RegretOn(ItemSplit::kConfirm, x)};
  }

  double RegretOn(ItemSplit split, const Configuration& x) const {
    return evaluator_.Mean(evaluator_.Best(split), split).objective -
           evaluator_.Mean(x, split).objective;
  }

  TableEvaluator& evaluator_;
  const std::string name_;
  const uint64_t seed_;
  double best_observable_ = -std::numeric_limits<double>::infinity();
  Trial best_;
};

SourceStudy Reversed(SourceStudy source) {
  for (double& value : source.values) value = -value;
  return source;
}

Status RunAll(const Options& options) {
  RA_ASSIGN_OR_RETURN(auto evaluator,
                      TableEvaluator::Create({.file = options.table,
                                              .objective = kObjective,
                                              .max_sum = options.max_sum}));
  std::vector<SourceStudy> sources;
  if (!options.source.empty()) {
    RA_ASSIGN_OR_RETURN(sources,
                        ReadSources(options.source, evaluator->space()));
  }
  std::string csv = "strategy,source,seed,trials,observed,mean,confirmed\n";
  auto run = [&](const std::string& strategy,
                 uint64_t seed,
                 const char* kind,
                 const std::vector<SourceStudy>& known) -> Status {
    RA_ASSIGN_OR_RETURN(
        const std::vector<Regret> regrets,
        Search(*evaluator, strategy, seed).Run(options.num_trials, known));
    for (size_t n = 0; n < regrets.size(); ++n) {
      const bool last = n + 1 == regrets.size();
      char text[64];
      std::snprintf(text,
                    sizeof text,
                    ",%.5f,%.5f,%.5f\n",
                    regrets[n].observed,
                    regrets[n].mean,
                    regrets[n].confirmed);
      csv += strategy + "," + kind + "," + std::to_string(seed) + "," +
             (last ? "recommended" : std::to_string(n + 1)) + text;
    }
    return {};
  };
  for (const std::string& strategy : options.strategies) {
    for (uint64_t seed = options.first_seed; seed <= options.last_seed;
         ++seed) {
      RA_RETURN_IF_ERROR(run(strategy, seed, "none", {}));
      if (sources.empty()) continue;
      const SourceStudy& known = sources[seed % sources.size()];
      RA_RETURN_IF_ERROR(run(strategy, seed, "nested", {known}));
      RA_RETURN_IF_ERROR(run(strategy, seed, "reversed", {Reversed(known)}));
    }
  }
  return WriteFileAtomically(options.out, csv);
}

}  // namespace
}  // namespace rankadaptor::experiments

int main(int argc, char** argv) {
  if (argc != 7 && argc != 8) {
    std::cerr
        << "usage: search_table TABLE.csv MAX_SUM STRATEGIES SEEDS TRIALS "
           "OUT.csv [SOURCE.csv]\n";
    return 2;
  }
  using rankadaptor::experiments::Split;
  const std::vector<std::string> seeds = Split(argv[4], '-');
  const rankadaptor::Status status = rankadaptor::experiments::RunAll(
      {.table = argv[1],
       .max_sum = std::stod(argv[2]),
       .strategies = Split(argv[3], ','),
       .first_seed = std::stoull(seeds.front()),
       .last_seed = std::stoull(seeds.back()),
       .num_trials = std::stoi(argv[5]),
       .out = argv[6],
       .source = argc == 8 ? argv[7] : ""});
  if (status) return 0;
  std::cerr << "search_table: " << status.error().message << "\n";
  return 1;
}
