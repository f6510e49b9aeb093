#include "evaluators/llama/training/trainable.h"

namespace rankadaptor::llama::internal {

std::vector<at::Tensor*> LoraTrainable::Parameters() {
  return TensorsOf(modules_);
}

void LoraTrainable::Identify(RunIdentity& identity) const {
  identity.Add("dropout", modules_.dropout);
  for (const auto& layer : modules_.layers) {
    for (const LoraModule& module : layer) {
      identity.Add("rank", module.defined() ? module.a.size(0) : 0);
      identity.Add("scale", module.scale);
    }
  }
}

std::vector<at::Tensor*> TensorsOf(LoraModules& modules) {
  std::vector<at::Tensor*> tensors;
  for (auto& layer : modules.layers) {
    for (LoraModule& module : layer) {
      if (!module.defined()) continue;
      tensors.push_back(&module.a);
      tensors.push_back(&module.b);
    }
  }
  return tensors;
}

LoraModules Detached(LoraModules modules) {
  for (at::Tensor* tensor : TensorsOf(modules)) *tensor = tensor->detach();
  return modules;
}

LoraModules CopyTo(at::Device device, LoraModules modules) {
  for (at::Tensor* tensor : TensorsOf(modules)) {
    *tensor = tensor->to(device, at::kFloat);
  }
  return modules;
}

}  // namespace rankadaptor::llama::internal
