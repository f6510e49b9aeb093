// The ways of recovery that the paper compares, behind one call, so that rows
// of a table differ in the method alone: the same rows in the same order, the
// same seeds, the same optimiser.
//
// Thread-safe: functions of their arguments.
#ifndef RANKADAPTOR_LLAMA_RECOVERY_METHOD_H_
#define RANKADAPTOR_LLAMA_RECOVERY_METHOD_H_

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adalora.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/recovery_data.h"

namespace rankadaptor::llama {

// One rank per layer: LoRA, LoRA*, a vector that was searched, or zeros for no
// recovery at all. Or ranks that AdaLoRA finds.
using RecoveryMethod = std::variant<std::vector<int>, AdaLoraOptions>;

// The same rank in every layer: plain LoRA; 0: no recovery.
std::vector<int> UniformRanks(int num_layers, int rank);

// One rank per quarter of the layers, from the embedding on: the paper's LoRA*
// with {4, 6, 10, 12} (spec 0.6). Where the number of layers is not a multiple
// of four, quarter q begins at layer q * num_layers / 4, rounded down.
std::vector<int> QuarterRanks(int num_layers, const std::array<int, 4>& ranks);

struct MethodResult {
  RecoveryResult recovery;
  std::optional<AdaLoraResult> adalora;  // in AdaLoRA's own form
};

// `lora` has alpha, scale policy and dropout of a vector of ranks (its own
// `ranks` are not read); `options.seed` also draws the initial adapter. Errors
// are those of Adapter::Create() and Recover(), or their AdaLoRA counterparts.
Result<MethodResult> RecoverBy(const RecoveryMethod& method,
                               const Model& model,
                               const RecoveryData& data,
                               const LoraOptions& lora,
                               const RecoveryOptions& options,
                               const TrainingHooks& hooks = {});

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_RECOVERY_METHOD_H_
