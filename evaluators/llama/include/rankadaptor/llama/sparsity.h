// Width pruning (pruning.h) with a ratio for each layer: scores are computed
// once, then any vector of ratios says how many of each layer's heads and
// channels go, those of the lowest scores first.
//
//   RA_ASSIGN_OR_RETURN(Importance importance,
//                       ComputeImportance(model, windows, options));
//   RA_ASSIGN_OR_RETURN(
//       KeptIndices kept,
//       SelectByRatios(config, importance, {0.2, 0.5, 0.9}, options));
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_LLAMA_SPARSITY_H_
#define RANKADAPTOR_LLAMA_SPARSITY_H_

#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/pruning.h"

namespace rankadaptor::llama {

// The shape that these ratios, one per layer and each in [0, 1), leave of
// `config`; with equal ratios that of PlanWidthPruning() in one step. Of
// `options` the layers in range and the multiple of channels count, a layer out
// of range stays whole. kInvalidArgument names the ratio that is out of range
// or would leave no head or no channel.
Result<LlamaConfig> PlanLayerRatios(const LlamaConfig& config,
                                    const std::vector<double>& ratios,
                                    const WidthPruneOptions& options);

// What stays of a model of this shape; with equal ratios what SelectKept()
// selects. `importance` is of the model, with the layers in range of `options`.
// Errors as PlanLayerRatios().
Result<KeptIndices> SelectByRatios(const LlamaConfig& config,
                                   const Importance& importance,
                                   const std::vector<double>& ratios,
                                   const WidthPruneOptions& options);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_SPARSITY_H_
