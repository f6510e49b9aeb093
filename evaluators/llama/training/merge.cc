#include <memory>
#include <utility>

#include <ATen/ATen.h>

#include "rankadaptor/llama/adapter.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/lora_checks.h"

namespace rankadaptor::llama {
namespace {

at::Tensor MergedWeight(const at::Tensor& weight,
                        const internal::LoraModule& module) {
  at::Tensor wide = weight.to(at::kFloat);
  at::Tensor update = at::mm(module.b, module.a).to(weight.device());
  return at::add(wide, update, module.scale).to(weight.scalar_type());
}

Result<Model> MergeInto(Model model, const internal::LoraModules& modules) {
  LlamaConfig config = model.config();
  internal::Weights weights = internal::TakeWeights(std::move(model));
  for (int layer = 0; layer < config.num_layers(); ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      const auto projection = static_cast<Projection>(p);
      const auto& module =
          modules.layers[static_cast<size_t>(layer)][static_cast<size_t>(p)];
      if (!module.defined()) continue;
      at::Tensor& weight =
          weights.layers[static_cast<size_t>(layer)][projection];
      weight = MergedWeight(weight, module);
      if (!at::isfinite(weight).all().item<bool>()) {
        return InvalidArgument(internal::ModuleName(layer, projection) +
                               ": the merged weight is not finite");
      }
    }
  }
  return Model(std::make_shared<const internal::Transformer>(
      std::move(config), std::move(weights)));
}

}  // namespace

Result<Model> Merge(Model model, const Adapter& adapter) {
  RA_RETURN_IF_ERROR(internal::CheckFits(adapter.modules(), model.config()));
  return internal::CatchTorch(
      [&] { return MergeInto(std::move(model), adapter.modules()); });
}

}  // namespace rankadaptor::llama
