#include "runners/study/configured_search.h"

#include "runners/study/past_studies.h"

namespace rankadaptor::runners {
namespace {

PerformanceModelFactory MlpFactory(const v1::SearchOptions& search) {
  return [options = MlpOptionsFrom(search)](int num_features,
                                            uint64_t seed) mutable {
    options.seed = seed;
    return surrogate::MakeMlpModel(num_features, options);
  };
}

Result<Configuration> Enqueued(const v1::EnqueuedConfiguration& entry,
                               const SearchSpace& space) {
  return space.FromValues({entry.values().begin(), entry.values().end()});
}

}  // namespace

StudyOptions StudyOptionsFrom(const v1::SearchConfig& config,
                              const EvaluatorPlan& plan) {
  const v1::SearchOptions& search = config.search();
  const v1::Convergence& convergence = search.convergence();
  const v1::Confirmation& confirmation = config.confirmation();
  StudyOptions options;
  options.baselines = plan.baselines();
  for (const v1::EnqueuedConfiguration& entry : search.enqueued()) {
    if (auto configuration = Enqueued(entry, plan.space())) {
      options.enqueued.push_back(*std::move(configuration));
    }
  }
  if (auto sources = PastStudies(config, ConfigSource("config"), plan)) {
    options.sources = *std::move(sources);
  }
  options.seed = config.seed();
  options.asynchronous = search.asynchronous();
  options.independent_seeds = search.independent_seeds();
  if (config.has_workers()) {
    options.num_workers = static_cast<int>(config.workers());
  }
  // Beside past studies random trials tell little.
  if (!options.sources.empty()) options.num_initial_trials = 1;
  if (search.has_num_initial_trials()) {
    options.num_initial_trials = static_cast<int>(search.num_initial_trials());
  }
  if (search.has_max_trials()) {
    options.max_trials = static_cast<int>(search.max_trials());
  }
  if (search.has_batch_size()) {
    options.batch_size = static_cast<int>(search.batch_size());
  }
  if (search.has_time_budget_seconds()) {
    options.time_budget_seconds = search.time_budget_seconds();
  }
  if (search.has_stagnation_trials()) {
    options.stagnation_trials = static_cast<int>(search.stagnation_trials());
  }
  if (search.has_wall_time_seconds()) {
    options.wall_time_seconds = search.wall_time_seconds();
  }
  if (convergence.has_threshold()) {
    options.convergence_threshold = convergence.threshold();
  }
  if (convergence.has_improvement()) {
    options.improvement_threshold = convergence.improvement();
  }
  if (convergence.has_rounds()) {
    options.convergence_rounds = static_cast<int>(convergence.rounds());
  }
  if (confirmation.has_finalists()) {
    options.num_recommended = static_cast<int>(confirmation.finalists());
  }
  if (confirmation.has_seeds()) {
    options.num_confirm_seeds = static_cast<int>(confirmation.seeds());
  }
  return options;
}

StrategyOptions StrategyOptionsFrom(const v1::SearchConfig& config,
                                    const EvaluatorPlan& plan) {
  const v1::SearchOptions& search = config.search();
  StrategyOptions options;
  options.seed = config.seed();
  options.proportional_weights.assign(search.proportional_weights().begin(),
                                      search.proportional_weights().end());
  if (search.has_num_candidates()) {
    options.num_candidates = static_cast<int>(search.num_candidates());
  }
  if (search.has_num_final_candidates()) {
    options.num_final_candidates =
        static_cast<int>(search.num_final_candidates());
  }
  options.fidelities = plan.fidelities();
  return options;
}

surrogate::MlpOptions MlpOptionsFrom(const v1::SearchOptions& search) {
  surrogate::MlpOptions options;
  if (search.hidden_widths_size() > 0) {
    options.hidden_widths.assign(search.hidden_widths().begin(),
                                 search.hidden_widths().end());
  }
  return options;
}

std::string StrategyName(const v1::SearchConfig& config) {
  switch (config.search().strategy()) {
    case v1::STRATEGY_KIND_PAPER:
      return "paper";
    case v1::STRATEGY_KIND_RANDOM:
      return "random";
    case v1::STRATEGY_KIND_STRUCTURED:
      return "structured";
    case v1::STRATEGY_KIND_MLP:
      return "mlp";
    case v1::STRATEGY_KIND_PROPORTIONAL:
      return "proportional";
    case v1::STRATEGY_KIND_LATIN_HYPERCUBE:
      return "latin_hypercube";
    case v1::STRATEGY_KIND_LOCAL_SEARCH:
      return "local_search";
    case v1::STRATEGY_KIND_EVOLUTIONARY:
      return "evolutionary";
    default:
      return kDefaultStrategy;
  }
}

Status CheckSearch(const v1::SearchConfig& config,
                   const ConfigSource& source,
                   const EvaluatorPlan& plan) {
  const ConfigField enqueued = ConfigField(source)["search"]["enqueued"];
  for (int i = 0; i < config.search().enqueued_size(); ++i) {
    auto entry = Enqueued(config.search().enqueued(i), plan.space());
    if (!entry) return enqueued[i]["values"].In(entry.error());
  }
  RA_RETURN_IF_ERROR(PastStudies(config, source, plan));
  Status options =
      Study::CheckOptions(StudyOptionsFrom(config, plan), plan.space());
  if (!options) return ConfigField(source)["search"].In(options.error());
  auto strategy = MakeConfiguredStrategy(config, plan);
  if (!strategy) return ConfigField(source)["search"].In(strategy.error());
  return {};
}

Result<std::unique_ptr<Strategy>> MakeConfiguredStrategy(
    const v1::SearchConfig& config, const EvaluatorPlan& plan) {
  StrategyOptions options = StrategyOptionsFrom(config, plan);
  options.make_performance_model = MlpFactory(config.search());
  return MakeStrategy(StrategyName(config), plan.space(), options);
}

}  // namespace rankadaptor::runners
