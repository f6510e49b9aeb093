#include "rankadaptor/llama/rank_space.h"

#include <algorithm>
#include <cmath>

#include "rankadaptor/common/check.h"
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

// Which of a layer's parameters a projection belongs to.
size_t GroupOf(RankGranularity granularity, Projection projection) {
  switch (granularity) {
    case RankGranularity::kLayer:
      return 0;
    case RankGranularity::kModuleClass:
      return projection < Projection::kGate ? 0 : 1;
    case RankGranularity::kProjection:
      return static_cast<size_t>(projection);
  }
  RA_CHECK(false) << "unknown granularity";
  return 0;
}

std::string ParameterName(RankGranularity granularity, int layer, int group) {
  const std::string name = "layer " + std::to_string(layer);
  if (granularity == RankGranularity::kLayer) return name;
  if (granularity == RankGranularity::kModuleClass) {
    return name + (group == 0 ? " attention" : " mlp");
  }
  const std::string projection = ProjectionName(static_cast<Projection>(group));
  return name + " " + projection.substr(projection.find('.') + 1);
}

// Trainable parameters that a rank of 1 costs in one group of a layer.
int64_t UnitCost(const LlamaConfig& config,
                 RankGranularity granularity,
                 int layer,
                 int group) {
  ModuleRanks ranks(config.layers.size());
  for (int p = 0; p < kNumProjections; ++p) {
    const bool belongs = GroupOf(granularity, static_cast<Projection>(p)) ==
                         static_cast<size_t>(group);
    ranks[static_cast<size_t>(layer)][static_cast<size_t>(p)] = belongs ? 1 : 0;
  }
  return NumParametersOf(config, ranks);
}

// Weights in the projections of one group of a layer.
double GroupSize(const LlamaConfig& config,
                 RankGranularity granularity,
                 int layer,
                 int group) {
  int64_t size = 0;
  for (int p = 0; p < kNumProjections; ++p) {
    const auto projection = static_cast<Projection>(p);
    if (GroupOf(granularity, projection) != static_cast<size_t>(group)) {
      continue;
    }
    const MatrixShape shape = ProjectionShape(config, layer, projection);
    size += shape.rows * shape.columns;
  }
  return static_cast<double>(size);
}

std::vector<Descriptor> Describe(const LlamaConfig& config,
                                 const RankSpaceOptions& options,
                                 int layer,
                                 int group) {
  const double last = std::max(1, config.num_layers() - 1);
  const double size = GroupSize(config, options.granularity, layer, group);
  std::vector<Descriptor> descriptors = {{"relative depth", layer / last},
                                         {"log parameters", std::log(size)}};
  if (options.dense) {
    descriptors.push_back(
        {"pruned fraction",
         1 - size /
                 GroupSize(*options.dense, options.granularity, layer, group)});
  }
  return descriptors;
}

LinearConstraint MakeBudget(const LlamaConfig& config,
                            RankGranularity granularity,
                            const std::vector<Parameter>& parameters,
                            int64_t limit) {
  LinearConstraint budget{
      "trainable parameters", {}, static_cast<double>(limit)};
  const int per_layer = ParametersPerLayer(granularity);
  for (int i = 0; i < std::ssize(parameters); ++i) {
    const auto unit = static_cast<double>(
        UnitCost(config, granularity, i / per_layer, i % per_layer));
    std::vector<double>& weights = budget.weights.emplace_back();
    for (double rank : parameters[static_cast<size_t>(i)].choices) {
      weights.push_back(rank * unit);
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
  const int per_layer = ParametersPerLayer(options.granularity);
  for (int i = 0; i < per_layer * config.num_layers(); ++i) {
    const int layer = i / per_layer;
    bool searched = std::ranges::count(options.searched_layers, layer) > 0;
    Parameter parameter{
        ParameterName(options.granularity, layer, i % per_layer), {}};
    if (searched) {
      parameter.choices.assign(options.candidates.begin(),
                               options.candidates.end());
    } else {
      parameter.choices = {static_cast<double>(options.frozen_rank)};
    }
    parameter.descriptors = Describe(config, options, layer, i % per_layer);
    parameters.push_back(std::move(parameter));
  }
  std::vector<LinearConstraint> constraints;
  if (options.max_adapter_parameters) {
    constraints.push_back(MakeBudget(config,
                                     options.granularity,
                                     parameters,
                                     *options.max_adapter_parameters));
  }
  auto space =
      SearchSpace::Create(std::move(parameters), std::move(constraints));
  // Everything else was checked.
  if (!space) return InContext("budget", space.error());
  return space;
}

int ParametersPerLayer(RankGranularity granularity) {
  switch (granularity) {
    case RankGranularity::kLayer:
      return 1;
    case RankGranularity::kModuleClass:
      return 2;
    case RankGranularity::kProjection:
      return kNumProjections;
  }
  RA_CHECK(false) << "unknown granularity";
  return 0;
}

std::optional<RankGranularity> GranularityOf(int num_parameters,
                                             int num_layers) {
  for (RankGranularity granularity : {RankGranularity::kLayer,
                                      RankGranularity::kModuleClass,
                                      RankGranularity::kProjection}) {
    if (num_parameters == num_layers * ParametersPerLayer(granularity)) {
      return granularity;
    }
  }
  return std::nullopt;
}

ModuleRanks ModuleRanksOf(const SearchSpace& space,
                          const Configuration& configuration,
                          int num_layers) {
  const auto granularity = GranularityOf(space.num_parameters(), num_layers);
  RA_CHECK(granularity.has_value()) << space.num_parameters();
  const std::vector<int> values = RanksOf(space, configuration);
  const auto per_layer = static_cast<size_t>(ParametersPerLayer(*granularity));
  ModuleRanks ranks(static_cast<size_t>(num_layers));
  for (size_t layer = 0; layer < ranks.size(); ++layer) {
    for (size_t p = 0; p < kNumProjections; ++p) {
      ranks[layer][p] =
          values[layer * per_layer +
                 GroupOf(*granularity, static_cast<Projection>(p))];
    }
  }
  return ranks;
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
