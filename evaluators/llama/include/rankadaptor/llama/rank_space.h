// The search space of LoRA ranks: one parameter per layer of a model, its
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
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::llama {

struct RankSpaceOptions {
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

// One parameter named "layer <i>" per layer, with descriptors for strategies:
// "relative depth" (0 to 1), "log parameters" (natural logarithm of the number
// of weights in its projections) and, where `dense` is given, "pruned fraction"
// (of these weights). kInvalidArgument names the candidate, layer or budget
// that is out of range, or a dense model of another number of layers.
Result<SearchSpace> MakeRankSpace(const LlamaConfig& config,
                                  const RankSpaceOptions& options);

// The rank of each layer in a configuration of such a space.
std::vector<int> RanksOf(const SearchSpace& space,
                         const Configuration& configuration);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_RANK_SPACE_H_
