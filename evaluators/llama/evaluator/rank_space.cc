#include "rankadaptor/llama/rank_space.h"

#include <algorithm>
#include <cmath>

#include "rankadaptor/llama/adapter.h"

namespace rankadaptor::llama {
namespace {

Status CheckOptions(const LlamaConfig& config,
                    const RankSpaceOptions& options) {
  const std::vector<int>& candidates = options.candidates;
  if (candidates.empty() || candidates.front() < 0 ||
      std::ranges::adjacent_find(candidates, std::greater_equal<>()) !=
          candidates.end()) {
    return InvalidArgument(
        "candidate ranks must be strictly ascending and not negative, with at "
        "least one");
  }
  if (options.frozen_rank < 0) {
    return InvalidArgument(
        "frozen rank " + std::to_string(options.frozen_rank) + " is negative");
  }
  if (options.dense && options.dense->num_layers() != config.num_layers()) {
    return InvalidArgument(
        "the dense model has " + std::to_string(options.dense->num_layers()) +
        " layers, the pruned one " + std::to_string(config.num_layers()));
  }
  for (int layer : options.searched_layers) {
    if (layer < 0 || layer >= config.num_layers()) {
      return InvalidArgument("searched layer " + std::to_string(layer) +
                             " is not below the model's " +
                             std::to_string(config.num_layers()) + " layers");
    }
  }
  return {};
}

// Trainable parameters of one layer's adapter.
double LayerCost(const LlamaConfig& config, int layer, double rank) {
  std::vector<int> ranks(config.layers.size(), 0);
  ranks[layer] = static_cast<int>(rank);
  return static_cast<double>(NumAdapterParameters(config, ranks));
}

// Weights in the projections of one layer.
double LayerSize(const LlamaConfig& config, int layer) {
  int64_t size = 0;
  for (int p = 0; p < kNumProjections; ++p) {
    const MatrixShape shape =
        ProjectionShape(config, layer, static_cast<Projection>(p));
    size += shape.rows * shape.columns;
  }
  return static_cast<double>(size);
}

std::vector<Descriptor> Describe(const LlamaConfig& config,
                                 const RankSpaceOptions& options,
                                 int layer) {
  const double last = std::max(1, config.num_layers() - 1);
  const double size = LayerSize(config, layer);
  std::vector<Descriptor> descriptors = {{"relative depth", layer / last},
                                         {"log parameters", std::log(size)}};
  if (options.dense) {
    descriptors.push_back(
        {"pruned fraction", 1 - size / LayerSize(*options.dense, layer)});
  }
  return descriptors;
}

LinearConstraint MakeBudget(const LlamaConfig& config,
                            const std::vector<Parameter>& parameters,
                            int64_t limit) {
  LinearConstraint budget{
      "trainable parameters", {}, static_cast<double>(limit)};
  for (int layer = 0; layer < config.num_layers(); ++layer) {
    std::vector<double>& weights = budget.weights.emplace_back();
    for (double rank : parameters[layer].choices) {
      weights.push_back(LayerCost(config, layer, rank));
    }
  }
  return budget;
}

}  // namespace

std::vector<int> PrunedLayers(const LlamaConfig& dense,
                              const LlamaConfig& pruned) {
  std::vector<int> layers;
  for (int i = 0; i < std::min(dense.num_layers(), pruned.num_layers()); ++i) {
    if (dense.layers[i] != pruned.layers[i]) layers.push_back(i);
  }
  return layers;
}

Result<SearchSpace> MakeRankSpace(const LlamaConfig& config,
                                  const RankSpaceOptions& options) {
  RA_RETURN_IF_ERROR(CheckOptions(config, options));
  std::vector<Parameter> parameters;
  for (int i = 0; i < config.num_layers(); ++i) {
    bool searched = std::ranges::count(options.searched_layers, i) > 0;
    Parameter parameter{"layer " + std::to_string(i), {}};
    if (searched) {
      parameter.choices.assign(options.candidates.begin(),
                               options.candidates.end());
    } else {
      parameter.choices = {static_cast<double>(options.frozen_rank)};
    }
    parameter.descriptors = Describe(config, options, i);
    parameters.push_back(std::move(parameter));
  }
  std::vector<LinearConstraint> constraints;
  if (options.max_adapter_parameters) {
    constraints.push_back(
        MakeBudget(config, parameters, *options.max_adapter_parameters));
  }
  auto space =
      SearchSpace::Create(std::move(parameters), std::move(constraints));
  // Everything else was checked.
  if (!space) return InContext("budget", space.error());
  return space;
}

std::vector<int> RanksOf(const SearchSpace& space,
                         const Configuration& configuration) {
  std::vector<int> ranks;
  for (double value : space.Values(configuration)) {
    ranks.push_back(static_cast<int>(value));
  }
  return ranks;
}

}  // namespace rankadaptor::llama
