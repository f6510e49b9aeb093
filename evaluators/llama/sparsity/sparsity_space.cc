#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "rankadaptor/common/check.h"
#include "rankadaptor/llama/sparsity.h"
#include "rankadaptor/llama/sparsity_evaluator.h"

namespace rankadaptor::llama {
namespace {

// Candidate by candidate what is left of one layer.
struct LayerSizes {
  std::vector<double> ratios;
  std::vector<int64_t> parameters;  // of the layer
  // Trainable parameters of an adapter of rank 1.
  std::vector<int64_t> adapter_unit;
};

template <typename T>
bool StrictlyAscending(const std::vector<T>& values) {
  return std::ranges::adjacent_find(values, std::greater_equal<>()) ==
         values.end();
}

Status CheckCandidates(const SparsitySpaceOptions& options) {
  if (options.ratios.empty() || !StrictlyAscending(options.ratios)) {
    return InvalidArgument(
        "candidate ratios must be strictly ascending, with at least one");
  }
  if (options.ranks.empty() || options.ranks.front() < 0 ||
      !StrictlyAscending(options.ranks)) {
    return InvalidArgument(
        "candidate ranks must be strictly ascending and not negative, with at "
        "least one");
  }
  return {};
}

LlamaConfig WithLayers(const LlamaConfig& config,
                       std::vector<LayerShape> layers) {
  LlamaConfig other = config;
  other.layers = std::move(layers);
  return other;
}

int64_t OutsideLayers(const LlamaConfig& config) {
  return NumParameters(WithLayers(config, {}));
}

bool InRange(const WidthPruneOptions& pruning, int layer) {
  return pruning.attention_layers.contains(layer) ||
         pruning.mlp_layers.contains(layer);
}

Result<std::vector<LayerSizes>> SizesOfLayers(
    const LlamaConfig& config, const SparsitySpaceOptions& options) {
  std::vector<LayerSizes> sizes(config.layers.size());
  const int64_t outside = OutsideLayers(config);
  for (size_t c = 0; c < options.ratios.size(); ++c) {
    const std::vector<double> uniform(config.layers.size(), options.ratios[c]);
    RA_ASSIGN_OR_RETURN(const LlamaConfig left,
                        PlanLayerRatios(config, uniform, options.pruning));
    for (size_t i = 0; i < sizes.size(); ++i) {
      const bool searched = InRange(options.pruning, static_cast<int>(i));
      if (!searched && c > 0) continue;
      const LlamaConfig alone = WithLayers(config, {left.layers[i]});
      sizes[i].ratios.push_back(searched ? options.ratios[c] : 0);
      sizes[i].parameters.push_back(NumParameters(alone) - outside);
      sizes[i].adapter_unit.push_back(NumAdapterParameters(alone, {1}));
    }
  }
  return sizes;
}

std::vector<Descriptor> Describe(const LlamaConfig& config, int layer) {
  const double last = std::max(1, config.num_layers() - 1);
  const int64_t weights =
      NumParameters(
          WithLayers(config, {config.layers[static_cast<size_t>(layer)]})) -
      OutsideLayers(config);
  return {{"relative depth", layer / last},
          {"log parameters", std::log(static_cast<double>(weights))}};
}

// Equal descriptors of a layer's two parameters would say that they act alike.
std::vector<Parameter> MakeParameters(const LlamaConfig& config,
                                      const std::vector<LayerSizes>& sizes,
                                      const std::vector<int>& ranks) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < config.num_layers(); ++i) {
    parameters.push_back({.name = "layer " + std::to_string(i) + " ratio",
                          .choices = sizes[static_cast<size_t>(i)].ratios,
                          .descriptors = Describe(config, i)});
  }
  if (ranks.size() == 1) return parameters;
  for (int i = 0; i < config.num_layers(); ++i) {
    parameters[static_cast<size_t>(i)].descriptors.push_back({"is rank", 0});
    Parameter rank{.name = "layer " + std::to_string(i) + " rank",
                   .choices = {ranks.begin(), ranks.end()},
                   .descriptors = Describe(config, i)};
    rank.descriptors.push_back({"is rank", 1});
    parameters.push_back(std::move(rank));
  }
  return parameters;
}

// Zeros for every choice.
LinearConstraint NoWeights(std::string unit,
                           const std::vector<Parameter>& parameters,
                           int64_t limit) {
  LinearConstraint budget{std::move(unit), {}, static_cast<double>(limit)};
  for (const Parameter& parameter : parameters) {
    budget.weights.emplace_back(parameter.choices.size(), 0.0);
  }
  return budget;
}

void AddModel(const LlamaConfig& config,
              const std::vector<LayerSizes>& sizes,
              LinearConstraint* budget) {
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int64_t outside = i == 0 ? OutsideLayers(config) : 0;
    for (size_t c = 0; c < sizes[i].ratios.size(); ++c) {
      budget->weights[i][c] +=
          static_cast<double>(outside + sizes[i].parameters[c]);
    }
  }
}

// Rank times what the ratio leaves of the layer's widths: a weight of both.
void AddAdapter(const std::vector<LayerSizes>& sizes,
                const std::vector<int>& ranks,
                LinearConstraint* budget) {
  const auto num_layers = static_cast<int>(sizes.size());
  for (int i = 0; i < num_layers; ++i) {
    const LayerSizes& layer = sizes[static_cast<size_t>(i)];
    WeightTable table;
    table.parameters = {i};
    if (ranks.size() > 1) table.parameters.push_back(num_layers + i);
    for (int64_t unit : layer.adapter_unit) {
      for (int rank : ranks) {
        table.weights.push_back(static_cast<double>(rank * unit));
      }
    }
    budget->tables.push_back(std::move(table));
  }
}

std::vector<LinearConstraint> MakeBudgets(
    const LlamaConfig& config,
    const std::vector<LayerSizes>& sizes,
    const std::vector<Parameter>& parameters,
    const SparsitySpaceOptions& options) {
  std::vector<LinearConstraint> budgets;
  const auto add = [&](const char* unit, int64_t limit) -> LinearConstraint* {
    return &budgets.emplace_back(NoWeights(unit, parameters, limit));
  };
  if (options.max_parameters) {
    AddModel(config, sizes, add("parameters", *options.max_parameters));
  }
  if (options.max_adapter_parameters) {
    AddAdapter(sizes,
               options.ranks,
               add("trainable parameters", *options.max_adapter_parameters));
  }
  if (options.max_parameters_with_adapter) {
    LinearConstraint* budget = add("parameters with the adapter",
                                   *options.max_parameters_with_adapter);
    AddModel(config, sizes, budget);
    AddAdapter(sizes, options.ranks, budget);
  }
  return budgets;
}

}  // namespace

Result<SearchSpace> MakeSparsitySpace(const LlamaConfig& config,
                                      const SparsitySpaceOptions& options) {
  RA_RETURN_IF_ERROR(CheckCandidates(options));
  RA_ASSIGN_OR_RETURN(const std::vector<LayerSizes> sizes,
                      SizesOfLayers(config, options));
  std::vector<Parameter> parameters =
      MakeParameters(config, sizes, options.ranks);
  std::vector<LinearConstraint> budgets =
      MakeBudgets(config, sizes, parameters, options);
  auto space = SearchSpace::Create(std::move(parameters), std::move(budgets));
  // Everything else was checked.
  if (!space) return InContext("budget", space.error());
  return space;
}

SparsityChoice SparsityChoiceOf(const SearchSpace& space,
                                const Configuration& configuration,
                                const SparsitySpaceOptions& options) {
  const std::vector<double> values = space.Values(configuration);
  const bool search_ranks = options.ranks.size() > 1;
  const size_t num_layers = values.size() / (search_ranks ? 2 : 1);
  SparsityChoice choice;
  choice.ratios.assign(values.begin(), values.begin() + num_layers);
  choice.ranks.assign(values.begin() + num_layers, values.end());
  choice.ranks.resize(num_layers, options.ranks.front());
  return choice;
}

}  // namespace rankadaptor::llama
