#include "rankadaptor/llama/recovery_method.h"

#include <utility>

namespace rankadaptor::llama {
namespace {

// One overload per method.
struct Recovery {
  const Model& model;
  const RecoveryData& data;
  const LoraOptions& lora;
  const RecoveryOptions& options;
  const TrainingHooks& hooks;

  Result<MethodResult> operator()(const std::vector<int>& ranks) const {
    LoraOptions with_ranks = lora;
    with_ranks.ranks = ranks;
    RA_ASSIGN_OR_RETURN(Adapter initial,
                        Adapter::Create(model, with_ranks, options.seed));
    RA_ASSIGN_OR_RETURN(RecoveryResult result,
                        Recover(model, initial, data, options, hooks));
    return MethodResult{std::move(result), std::nullopt};
  }

  Result<MethodResult> operator()(const AdaLoraOptions& adalora) const {
    RA_ASSIGN_OR_RETURN(AdaLoraAdapter initial,
                        AdaLoraAdapter::Create(model, adalora, options.seed));
    RA_ASSIGN_OR_RETURN(AdaLoraResult result,
                        RecoverAdaLora(model, initial, data, options, hooks));
    RecoveryResult as_lora = {result.adapter.ToLora(),
                              result.log,
                              result.tokens_per_second,
                              result.checkpoint_file};
    return MethodResult{std::move(as_lora), std::move(result)};
  }
};

}  // namespace

std::vector<int> UniformRanks(int num_layers, int rank) {
  return std::vector<int>(static_cast<size_t>(num_layers), rank);
}

std::vector<int> QuarterRanks(int num_layers, const std::array<int, 4>& ranks) {
  std::vector<int> layers;
  for (int layer = 0; layer < num_layers; ++layer) {
    size_t quarter = 0;
    while (quarter < 3 &&
           layer >= static_cast<int>(quarter + 1) * num_layers / 4) {
      ++quarter;
    }
    layers.push_back(ranks[quarter]);
  }
  return layers;
}

Result<MethodResult> RecoverBy(const RecoveryMethod& method,
                               const Model& model,
                               const RecoveryData& data,
                               const LoraOptions& lora,
                               const RecoveryOptions& options,
                               const TrainingHooks& hooks) {
  return std::visit(Recovery{model, data, lora, options, hooks}, method);
}

}  // namespace rankadaptor::llama
