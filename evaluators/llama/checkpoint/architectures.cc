#include <algorithm>

#include "rankadaptor/common/check.h"
#include "rankadaptor/llama/architecture.h"
#include "rankadaptor/llama/model_config.h"

#include "evaluators/llama/checkpoint/architectures/llama.h"
#include "evaluators/llama/checkpoint/architectures/mistral.h"
#include "evaluators/llama/checkpoint/architectures/qwen2.h"
#include "evaluators/llama/checkpoint/architectures/qwen3.h"

namespace rankadaptor::llama {
namespace {

constexpr const Architecture* kArchitectures[] = {
    &internal::llama::kArchitecture,
    &internal::mistral::kArchitecture,
    &internal::qwen2::kArchitecture,
    &internal::qwen3::kArchitecture,
};

// What a layer of every architecture has.
constexpr LayerTensor kCommonTensors[] = {
    {"input_layernorm.weight", Width::kHidden},
    {"self_attn.q_proj.weight", Width::kQueryHeads, Width::kHidden},
    {"self_attn.k_proj.weight", Width::kKvHeads, Width::kHidden},
    {"self_attn.v_proj.weight", Width::kKvHeads, Width::kHidden},
    {"self_attn.o_proj.weight", Width::kHidden, Width::kQueryHeads},
    {"post_attention_layernorm.weight", Width::kHidden},
    {"mlp.gate_proj.weight", Width::kIntermediate, Width::kHidden},
    {"mlp.up_proj.weight", Width::kIntermediate, Width::kHidden},
    {"mlp.down_proj.weight", Width::kHidden, Width::kIntermediate},
};

int64_t SizeOf(Width width, const LlamaConfig& config, int layer) {
  const LayerShape& shape = config.layers[static_cast<size_t>(layer)];
  switch (width) {
    case Width::kNone:
      break;
    case Width::kHidden:
      return config.hidden_size;
    case Width::kQueryHeads:
      return shape.num_heads * config.head_dim;
    case Width::kKvHeads:
      return shape.num_kv_heads * config.head_dim;
    case Width::kHeadDim:
      return config.head_dim;
    case Width::kIntermediate:
      return shape.intermediate_size;
  }
  RA_CHECK(false) << "not the width of an axis";
  return 0;
}

bool Has(const LlamaConfig& config, const LayerTensor& tensor) {
  switch (tensor.presence) {
    case Presence::kAlways:
      return true;
    case Presence::kWithAttentionBias:
      return config.attention_bias;
    case Presence::kWithMlpBias:
      return config.mlp_bias;
  }
  return false;
}

}  // namespace

bool Architecture::Allows(Presence presence) const {
  return std::ranges::any_of(more_tensors, [&](const LayerTensor& tensor) {
    return tensor.presence == presence;
  });
}

std::span<const Architecture* const> Architectures() { return kArchitectures; }

const Architecture& LlamaArchitecture() {
  return internal::llama::kArchitecture;
}

const Architecture* FindArchitecture(std::string_view model_type) {
  for (const Architecture* architecture : kArchitectures) {
    if (architecture->model_type == model_type) return architecture;
  }
  return nullptr;
}

std::vector<LayerTensor> LayerTensors(const LlamaConfig& config) {
  std::vector<LayerTensor> tensors(std::begin(kCommonTensors),
                                   std::end(kCommonTensors));
  for (const LayerTensor& tensor : config.architecture->more_tensors) {
    if (Has(config, tensor)) tensors.push_back(tensor);
  }
  return tensors;
}

std::vector<int64_t> TensorShape(const LlamaConfig& config,
                                 int layer,
                                 const LayerTensor& tensor) {
  RA_CHECK(layer >= 0 && layer < config.num_layers()) << "layer " << layer;
  std::vector<int64_t> shape = {SizeOf(tensor.rows, config, layer)};
  if (tensor.columns != Width::kNone) {
    shape.push_back(SizeOf(tensor.columns, config, layer));
  }
  return shape;
}

}  // namespace rankadaptor::llama
