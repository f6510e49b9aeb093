// Pruning as a config says: calibration windows and a width or depth pruner, or
// indices from a file.
#ifndef RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_PRUNING_H_
#define RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_PRUNING_H_

#include <filesystem>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/v1/llama.pb.h"

#include "runners/config/config_source.h"

namespace rankadaptor::runners {

// What can be told without a model: ranges and files.
Status CheckPruning(const v1::Pruning& pruning, const ConfigField& field);

Status CheckWidthPruning(const v1::WidthPruning& pruning,
                         const ConfigField& field);

// What is left, known from shapes alone.
struct PruningPlan {
  llama::LlamaConfig config;
  // Layers of the pruned model whose ranks are worth searching: those that
  // lost heads or channels, or, where whole layers went, those that could have
  // gone. Empty where neither is known.
  std::vector<int> free_layers;
};

// Needs no weights. kInvalidArgument, too, where what is left depends on them.
Result<PruningPlan> PlanPruning(const v1::Pruning& pruning,
                                const ConfigField& field,
                                const llama::LlamaConfig& dense);

// Prunes `model`, which was loaded from `model_folder` (its tokenizer is
// needed for calibration text). Errors name the field. Thread-safe.
Result<llama::PruneResult> PruneAsConfigured(
    const v1::Pruning& pruning,
    const ConfigField& field,
    const llama::Model& model,
    const std::filesystem::path& model_folder);

// The scores of heads and channels of a model that was loaded from
// `model_folder`, before anything is pruned. Errors name the field.
// Thread-safe.
Result<llama::Importance> ImportanceAsConfigured(
    const v1::WidthPruning& pruning,
    const ConfigField& field,
    const llama::Model& model,
    const std::filesystem::path& model_folder);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_LLAMA_CONFIGURED_PRUNING_H_
