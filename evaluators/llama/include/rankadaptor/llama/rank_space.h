// The search space of LoRA ranks: one parameter per layer of a model (or per
// class of modules, or per projection), its
// choices the candidate ranks, its weights the trainable parameters that each
// choice costs with the layer's real, pruned widths (paper 4.1; spec 0.3, 5.7).
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_LLAMA_RANK_SPACE_H_
#define RANKADAPTOR_LLAMA_RANK_SPACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::llama {

// What shares a rank.
enum class RankGranularity {
  kLayer,        // all projections of a layer: one parameter per layer
  kModuleClass,  // those of attention, and those of the MLP: two
  kProjection,   // each projection by itself: seven
};

// Parameters of a layer.
int ParametersPerLayer(RankGranularity granularity);

struct RankSpaceOptions {
  RankGranularity granularity = RankGranularity::kLayer;
  // Strictly ascending, >= 0; 0 leaves a layer without an adapter.
  std::vector<int> candidates = {2, 4, 6, 8, 10, 12};
  // Layers whose rank is searched; the others keep `frozen_rank`.
  std::vector<int> searched_layers;
  int frozen_rank = 8;
  // Most trainable parameters that an adapter may have; none: unlimited, as in
  // the paper.
  std::optional<int64_t> max_adapter_parameters;
  // The model before it was pruned, for the descriptor "pruned fraction".
  std::optional<LlamaConfig> dense;
};

// Layers whose shape is not that of `dense`: those that pruning touched.
std::vector<int> PrunedLayers(const LlamaConfig& dense,
                              const LlamaConfig& pruned);

// Layer after layer, parameters named "layer <i>", or "layer <i> attention" and
// "layer <i> mlp", or "layer <i> q_proj" and so on, with descriptors for
// strategies: "relative depth" (0 to 1), "log parameters" (natural logarithm of
// the number of weights that share the rank) and, where `dense` is given,
// "pruned fraction" (of these weights). kInvalidArgument names the candidate,
// layer or budget that is out of range, or a dense model of another number of
// layers.
Result<SearchSpace> MakeRankSpace(const LlamaConfig& config,
                                  const RankSpaceOptions& options);

// The granularity of a space with so many parameters for a model of so many
// layers; none: it is no such space.
std::optional<RankGranularity> GranularityOf(int num_parameters,
                                             int num_layers);

// The rank of each module in a configuration of such a space.
ModuleRanks ModuleRanksOf(const SearchSpace& space,
                          const Configuration& configuration,
                          int num_layers);

// The rank of each parameter in a configuration of such a space.
std::vector<int> RanksOf(const SearchSpace& space,
                         const Configuration& configuration);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_RANK_SPACE_H_
