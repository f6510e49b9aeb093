#include "rankadaptor/search/strategy_factory.h"

#include "search/strategies/evolutionary_strategy.h"
#include "search/strategies/latin_hypercube_strategy.h"
#include "search/strategies/local_search_strategy.h"
#include "search/strategies/mlp_strategy.h"
#include "search/strategies/paper_strategy.h"
#include "search/strategies/proportional_strategy.h"
#include "search/strategies/random_strategy.h"
#include "search/strategies/structured_strategy.h"

namespace rankadaptor {
namespace {

Status CheckOptions(const StrategyOptions& options) {
  RA_RETURN_IF_ERROR(CheckFidelities(options.fidelities));
  const std::pair<const char*, int> counts[] = {
      {"num_candidates", options.num_candidates},
      {"num_final_candidates", options.num_final_candidates},
      {"num_random_trials", options.num_random_trials}};
  for (auto [name, value] : counts) {
    if (value < 1) {
      return InvalidArgument(std::string(name) + " = " + std::to_string(value) +
                             " is not positive");
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> StrategyNames() {
  return {"evolutionary",
          "latin_hypercube",
          "local_search",
          "mlp",
          "paper",
          "proportional",
          "random",
          "structured"};
}

Result<std::unique_ptr<Strategy>> MakeStrategy(std::string_view name,
                                               const SearchSpace& space,
                                               const StrategyOptions& options) {
  RA_RETURN_IF_ERROR(CheckOptions(options));
  if (name == "mlp") {
    return std::make_unique<internal::MlpStrategy>(space, options.seed);
  }
  if (name == "paper") return internal::PaperStrategy::Create(space, options);
  if (name == "proportional") {
    return internal::ProportionalStrategy::Create(space, options);
  }
  if (name == "random") {
    return std::make_unique<internal::RandomStrategy>(space, options.seed);
  }
  if (name == "latin_hypercube") {
    return std::make_unique<internal::LatinHypercubeStrategy>(space,
                                                              options.seed);
  }
  if (name == "local_search") {
    return std::make_unique<internal::LocalSearchStrategy>(space, options.seed);
  }
  if (name == "evolutionary") {
    return std::make_unique<internal::EvolutionaryStrategy>(space,
                                                            options.seed);
  }
  if (name == "structured") {
    return std::make_unique<internal::StructuredStrategy>(
        space, options.seed, options.fidelities);
  }
  std::string known;
  for (const std::string& n : StrategyNames()) {
    known += (known.empty() ? "" : ", ") + n;
  }
  return InvalidArgument("no strategy is called '" + std::string(name) +
                         "'; there are " + known);
}

}  // namespace rankadaptor
