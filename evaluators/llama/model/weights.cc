#include "evaluators/llama/model/weights.h"

namespace rankadaptor::llama::internal {

std::vector<std::pair<std::string, at::Tensor>> NamedTensors(
    const Weights& weights) {
  std::vector<std::pair<std::string, at::Tensor>> named;
  named.emplace_back("model.embed_tokens.weight", weights.embed_tokens);
  for (size_t i = 0; i < weights.layers.size(); ++i) {
    const std::string prefix = "model.layers." + std::to_string(i) + ".";
    ForEachTensor(weights.layers[i],
                  [&](const std::string& name, const at::Tensor& tensor) {
                    if (!tensor.defined()) return;
                    named.emplace_back(prefix + name, tensor);
                  });
  }
  named.emplace_back("model.norm.weight", weights.final_norm);
  if (weights.lm_head.defined()) {
    named.emplace_back("lm_head.weight", weights.lm_head);
  }
  return named;
}

}  // namespace rankadaptor::llama::internal
