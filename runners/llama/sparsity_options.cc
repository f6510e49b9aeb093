#include "runners/llama/sparsity_options.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/sparsity.h"

#include "runners/llama/pruning_options.h"

namespace rankadaptor::runners {
namespace {

constexpr int kUsualRank = 8;

// The rank that budget and uniform baseline are named by.
int UniformRank(const v1::SparsityEvaluator& config,
                const std::vector<int>& candidates) {
  const v1::LayerRankBudget& budget = config.ranks().budget();
  if (budget.has_uniform_rank()) return static_cast<int>(budget.uniform_rank());
  if (budget.has_shared_uniform_rank()) {
    return static_cast<int>(budget.shared_uniform_rank());
  }
  return candidates.size() == 1 ? candidates.front() : kUsualRank;
}

// What "ranks" without candidates searches; without "ranks" all are 8.
std::vector<int> RankCandidates(const v1::SparsityEvaluator& config) {
  if (!config.has_ranks()) return {kUsualRank};
  const auto& given = config.ranks().candidates();
  if (!given.empty()) return {given.begin(), given.end()};
  return {2, 4, 6, 8, 10, 12};
}

std::vector<double> RatioCandidates(const v1::SparsityEvaluator& config,
                                    std::vector<double> otherwise) {
  const auto& given = config.ratios().candidates();
  std::vector<double> candidates = std::move(otherwise);
  if (!given.empty()) candidates.assign(given.begin(), given.end());
  const double uniform = config.pruning().ratio();
  if (std::ranges::find(candidates, uniform) == candidates.end()) {
    candidates.insert(std::ranges::upper_bound(candidates, uniform), uniform);
  }
  return candidates;
}

Status CheckScoredOnce(const v1::WidthPruning& pruning,
                       const ConfigField& field) {
  if (pruning.scope() == v1::PRUNE_SCOPE_GLOBAL) {
    return field["scope"].Invalid(
        "= global decides itself how much each layer loses; allowed: local");
  }
  if (pruning.num_steps() > 1) {
    return field["num_steps"].Invalid(
        "= " + std::to_string(pruning.num_steps()) +
        "; allowed: 1, as scores are computed once for all trials");
  }
  return {};
}

// Fills in what the budgets allow; `uniform` is what the config's own ratio
// leaves in every layer.
void SetBudgets(const v1::SparsityEvaluator& config,
                const llama::LlamaConfig& uniform,
                llama::SparsitySpaceOptions* options) {
  const v1::LayerRankBudget& budget = config.ranks().budget();
  const int64_t model = llama::NumParameters(uniform);
  const int64_t adapter = llama::NumAdapterParameters(
      uniform,
      std::vector<int>(uniform.layers.size(),
                       UniformRank(config, options->ranks)));
  const bool shared = budget.has_shared_uniform_rank();
  if (config.ratios().has_max_parameters()) {
    options->max_parameters =
        static_cast<int64_t>(config.ratios().max_parameters());
  } else if (!shared) {
    options->max_parameters = model;
  }
  if (shared) options->max_parameters_with_adapter = model + adapter;
  if (budget.has_parameters()) {
    options->max_adapter_parameters = static_cast<int64_t>(budget.parameters());
  } else if (budget.has_uniform_rank() ||
             (options->ranks.size() > 1 && !config.ranks().has_budget())) {
    options->max_adapter_parameters = adapter;
  }
}

// A ratio in every layer that has a choice, and a rank where it is searched.
std::vector<double> UniformValues(const SearchSpace& space,
                                  double ratio,
                                  int rank,
                                  int num_layers) {
  std::vector<double> values;
  for (int i = 0; i < space.num_parameters(); ++i) {
    const std::vector<double>& choices = space.parameter(i).choices;
    const bool frozen = choices.size() == 1;
    values.push_back(frozen ? choices.front() : i < num_layers ? ratio : rank);
  }
  return values;
}

std::string UniformLabel(double ratio, std::optional<int> rank) {
  char text[64];
  std::snprintf(text, sizeof text, "uniform %g", ratio);
  return text + (rank ? ", rank " + std::to_string(*rank) : "");
}

}  // namespace

Result<llama::SparsitySpaceOptions> SparsitySpaceOptionsFrom(
    const v1::SparsityEvaluator& config,
    const ConfigField& field,
    const llama::LlamaConfig& dense) {
  const ConfigField pruning = field["pruning"];
  RA_RETURN_IF_ERROR(CheckScoredOnce(config.pruning(), pruning));
  llama::SparsitySpaceOptions options;
  RA_ASSIGN_OR_RETURN(options.pruning,
                      WidthPruneOptionsFrom(config.pruning(), pruning));
  const std::vector<double> ratios(dense.layers.size(), options.pruning.ratio);
  auto uniform = llama::PlanLayerRatios(dense, ratios, options.pruning);
  if (!uniform) return pruning.In(uniform.error());
  options.ratios = RatioCandidates(config, std::move(options.ratios));
  options.ranks = RankCandidates(config);
  SetBudgets(config, *uniform, &options);
  return options;
}

Result<std::vector<Baseline>> SparsityBaselinesFrom(
    const v1::SparsityEvaluator& config,
    const ConfigField& field,
    const llama::SparsitySpaceOptions& options,
    const SearchSpace& space) {
  const bool search_ranks = options.ranks.size() > 1;
  const int num_layers = space.num_parameters() / (search_ranks ? 2 : 1);
  const int rank = UniformRank(config, options.ranks);
  std::vector<Baseline> baselines;
  for (double ratio : options.ratios) {
    auto uniform =
        space.FromValues(UniformValues(space, ratio, rank, num_layers));
    if (!uniform || !space.KeepsConstraints(*uniform)) continue;
    baselines.push_back(
        {UniformLabel(ratio, search_ranks ? std::optional(rank) : std::nullopt),
         *std::move(uniform)});
    break;
  }
  for (int i = 0; i < config.ratios().baselines_size(); ++i) {
    const v1::RatioBaseline& given = config.ratios().baselines(i);
    const ConfigField place = field["ratios"]["baselines"][i];
    std::vector<double> values(given.ratios().begin(), given.ratios().end());
    if (std::ssize(values) != num_layers) {
      return place["ratios"].Invalid(
          "has " + std::to_string(values.size()) + " ratios; allowed: " +
          std::to_string(num_layers) + ", one per layer");
    }
    values.insert(values.end(), given.ranks().begin(), given.ranks().end());
    if (search_ranks && given.ranks().empty()) {
      values.resize(static_cast<size_t>(space.num_parameters()), rank);
    }
    auto configuration = space.FromValues(values);
    if (!configuration) return place.In(configuration.error());
    baselines.push_back({given.name(), *std::move(configuration)});
  }
  return baselines;
}

}  // namespace rankadaptor::runners
