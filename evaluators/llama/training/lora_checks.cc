#include "evaluators/llama/training/lora_checks.h"

namespace rankadaptor::llama::internal {
namespace {

std::string Describe(const at::Tensor& tensor) {
  std::string text;
  for (int64_t size : tensor.sizes()) {
    text += (text.empty() ? "[" : ", ") + std::to_string(size);
  }
  return text + "]";
}

Status CheckModule(const std::string& name,
                   const LoraModule& module,
                   MatrixShape shape) {
  const at::Tensor& a = module.a;
  const at::Tensor& b = module.b;
  const bool fits = a.dim() == 2 && b.dim() == 2 && a.size(0) > 0 &&
                    a.size(0) == b.size(1) && a.size(1) == shape.columns &&
                    b.size(0) == shape.rows;
  if (fits) return {};
  return InvalidArgument(name + ": A " + Describe(a) + " and B " + Describe(b) +
                         " do not fit the model's " +
                         std::to_string(shape.rows) + " outputs and " +
                         std::to_string(shape.columns) + " inputs");
}

}  // namespace

std::string ModuleName(int layer, Projection projection) {
  return "model.layers." + std::to_string(layer) + "." +
         ProjectionName(projection);
}

Status CheckFits(const LoraModules& modules, const LlamaConfig& config) {
  if (modules.layers.size() != config.layers.size()) {
    return InvalidArgument(
        "the adapter has " + std::to_string(modules.layers.size()) +
        " layers, the model " + std::to_string(config.num_layers()));
  }
  for (int layer = 0; layer < config.num_layers(); ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      const auto projection = static_cast<Projection>(p);
      const LoraModule& module =
          modules.layers[static_cast<size_t>(layer)][static_cast<size_t>(p)];
      if (!module.defined()) continue;
      RA_RETURN_IF_ERROR(
          CheckModule(ModuleName(layer, projection),
                      module,
                      ProjectionShape(config, layer, projection)));
    }
  }
  return {};
}

}  // namespace rankadaptor::llama::internal
