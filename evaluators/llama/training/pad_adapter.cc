#include <algorithm>
#include <memory>
#include <utility>

#include <ATen/ATen.h>

#include "rankadaptor/llama/adapter.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/lora_checks.h"

namespace rankadaptor::llama {
namespace {

using internal::LoraModule;
using internal::LoraModules;

// The module of highest rank, the first of equals; null if none is adapted.
const LoraModule* WidestModule(const LoraModules& modules) {
  const LoraModule* widest = nullptr;
  for (const auto& layer : modules.layers) {
    for (const LoraModule& module : layer) {
      if (!module.defined()) continue;
      if (widest == nullptr || module.a.size(0) > widest->a.size(0)) {
        widest = &module;
      }
    }
  }
  return widest;
}

LoraModule ZeroModule(MatrixShape shape, int64_t rank, const LoraModule& like) {
  return {.a = at::zeros({rank, shape.columns}, like.a.options()),
          .b = at::zeros({shape.rows, rank}, like.b.options()),
          .scale = like.scale};
}

// `target` is all zeros.
void CopyInto(const LoraModule& module, LoraModule& target) {
  const int64_t rank = module.a.size(0);
  target.a.narrow(0, 0, rank).copy_(module.a);
  const at::Tensor b = module.scale == target.scale
                           ? module.b
                           : module.b * (module.scale / target.scale);
  target.b.narrow(1, 0, rank).copy_(b);
}

LoraModules Pad(const LoraModules& modules,
                const LlamaConfig& config,
                int64_t rank,
                const LoraModule& widest) {
  LoraModules padded = modules;
  for (int p = 0; p < kNumProjections; ++p) {
    const auto index = static_cast<size_t>(p);
    const bool adapted = std::ranges::any_of(
        modules.layers,
        [&](const auto& layer) { return layer[index].defined(); });
    if (!adapted) continue;
    for (int layer = 0; layer < config.num_layers(); ++layer) {
      LoraModule& target = padded.layers[static_cast<size_t>(layer)][index];
      const LoraModule original = std::exchange(
          target,
          ZeroModule(ProjectionShape(config, layer, static_cast<Projection>(p)),
                     rank,
                     widest));
      if (original.defined()) CopyInto(original, target);
    }
  }
  return padded;
}

}  // namespace

Result<Adapter> PadToUniformRank(const Adapter& adapter,
                                 const LlamaConfig& config,
                                 int rank) {
  RA_RETURN_IF_ERROR(internal::CheckFits(adapter.modules(), config));
  const LoraModule* widest = WidestModule(adapter.modules());
  if (widest == nullptr) return adapter;
  if (rank < widest->a.size(0)) {
    return InvalidArgument("a uniform rank of " + std::to_string(rank) +
                           " is less than the adapter's highest rank, " +
                           std::to_string(widest->a.size(0)));
  }
  return internal::CatchTorch([&]() -> Result<Adapter> {
    return Adapter(std::make_shared<const LoraModules>(
        Pad(adapter.modules(), config, rank, *widest)));
  });
}

}  // namespace rankadaptor::llama
