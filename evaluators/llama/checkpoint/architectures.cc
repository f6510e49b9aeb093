#include "evaluators/llama/checkpoint/architectures/architectures.h"

#include <algorithm>

#include "rankadaptor/common/check.h"
#include "rankadaptor/llama/architecture.h"
#include "rankadaptor/llama/model_config.h"

namespace rankadaptor::llama {
namespace {

constexpr const Architecture* kArchitectures[] = {&internal::kLlama,
                                                  &internal::kMistral,
                                                  &internal::kQwen2,
                                                  &internal::kQwen3};

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

}  // namespace

bool Architecture::Allows(Presence presence) const {
  return std::ranges::any_of(layer_tensors, [&](const LayerTensor& tensor) {
    return tensor.presence == presence;
  });
}

std::span<const Architecture* const> Architectures() { return kArchitectures; }

const Architecture& LlamaArchitecture() { return internal::kLlama; }

const Architecture* FindArchitecture(std::string_view model_type) {
  for (const Architecture* architecture : kArchitectures) {
    if (architecture->model_type == model_type) return architecture;
  }
  return nullptr;
}

bool HasTensor(const LlamaConfig& config, const LayerTensor& tensor) {
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
