#include "evaluators/llama/export/gguf_architecture.h"

#include <algorithm>

namespace rankadaptor::llama::internal {
namespace {

// llama.cpp's `deci` is its `llama` with a shape per layer. Both take biases
// wherever there are some, which makes Qwen2 a special case of them.
constexpr GgufArchitecture kArchitectures[] = {
    {.name = "qwen2",
     .model_type = "qwen2",
     .has_layer_shapes = false,
     .has_output_bias = false,
     .has_head_norms = false,
     .has_rope_factors = false,
     .has_free_width = false,
     .turns_neighbours = false},
    {.name = "qwen3",
     .model_type = "qwen3",
     .has_layer_shapes = false,
     .has_output_bias = false,
     .has_head_norms = true,
     .has_rope_factors = false,
     .has_free_width = true,
     .turns_neighbours = false},
    {.name = "llama",
     .model_type = nullptr,
     .has_layer_shapes = false,
     .has_output_bias = true,
     .has_head_norms = false,
     .has_rope_factors = true,
     .has_free_width = true,
     .turns_neighbours = true},
    {.name = "deci",
     .model_type = nullptr,
     .has_layer_shapes = true,
     .has_output_bias = true,
     .has_head_norms = false,
     .has_rope_factors = true,
     .has_free_width = true,
     .turns_neighbours = true},
};

bool HasTensor(const LlamaConfig& config, std::string_view ending) {
  return std::ranges::any_of(
      LayerTensors(config), [&](const LayerTensor& tensor) {
        return std::string_view(tensor.name).ends_with(ending);
      });
}

bool FillsHiddenSize(const LlamaConfig& config) {
  return std::ranges::all_of(config.layers, [&](const LayerShape& layer) {
    return layer.num_heads * config.head_dim == config.hidden_size;
  });
}

// What of the model the architecture has no place for; empty: nothing.
std::string WhatIsMissing(const GgufArchitecture& architecture,
                          const LlamaConfig& config) {
  if (!architecture.has_head_norms && HasTensor(config, "q_norm.weight")) {
    return "norms of heads";
  }
  if (!architecture.has_output_bias && (HasTensor(config, "o_proj.bias") ||
                                        HasTensor(config, "down_proj.bias"))) {
    return "a bias of o_proj";
  }
  if (!architecture.has_rope_factors && config.rope_scaling) {
    return "rope_type llama3";
  }
  if (!architecture.has_free_width && !FillsHiddenSize(config)) {
    return "heads that do not fill the hidden size";
  }
  if (!architecture.has_layer_shapes && !IsUniform(config)) {
    return "a shape per layer (--format padded gives all layers one, and its "
           "folder can be written as gguf)";
  }
  return "";
}

bool IsFor(const GgufArchitecture& architecture, const LlamaConfig& config) {
  return architecture.model_type == nullptr ||
         config.architecture->model_type ==
             std::string_view(architecture.model_type);
}

}  // namespace

Result<GgufArchitecture> FindGgufArchitecture(const LlamaConfig& config) {
  if (config.sliding_window) {
    return InvalidArgument(
        "gguf: sliding_window = " + std::to_string(*config.sliding_window) +
        " is not supported (supported: null): llama.cpp's llama lets every "
        "token see all before it");
  }
  std::string reason;  // of the nearest, which comes first
  for (const GgufArchitecture& architecture : kArchitectures) {
    if (!IsFor(architecture, config)) continue;
    const std::string missing = WhatIsMissing(architecture, config);
    if (missing.empty()) return architecture;
    if (reason.empty()) {
      reason = std::string("llama.cpp's ") + architecture.name + " has not " +
               missing;
    }
  }
  return InvalidArgument(std::string("gguf: model_type = \"") +
                         config.architecture->model_type +
                         "\" is not supported for this model: " + reason);
}

}  // namespace rankadaptor::llama::internal
