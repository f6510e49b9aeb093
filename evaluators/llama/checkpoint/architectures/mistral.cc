// Mistral: Llama without biases, with a sliding window in version 0.1 and none
// (null) later.
#include "evaluators/llama/checkpoint/architectures/architectures.h"

namespace rankadaptor::llama::internal {
namespace {

using enum Width;

constexpr LayerTensor kTensors[] = {
    {"input_layernorm.weight", kHidden},
    {"self_attn.q_proj.weight", kQueryHeads, kHidden},
    {"self_attn.k_proj.weight", kKvHeads, kHidden},
    {"self_attn.v_proj.weight", kKvHeads, kHidden},
    {"self_attn.o_proj.weight", kHidden, kQueryHeads},
    {"post_attention_layernorm.weight", kHidden},
    {"mlp.gate_proj.weight", kIntermediate, kHidden},
    {"mlp.up_proj.weight", kIntermediate, kHidden},
    {"mlp.down_proj.weight", kHidden, kIntermediate},
};

}  // namespace

constexpr Architecture kMistral = {
    .model_type = "mistral",
    .class_name = "MistralForCausalLM",
    .layer_tensors = kTensors,
    .default_kv_heads = 8,
    .default_positions = 131072,
    .default_bos = 1,
    .default_eos = 2,
    .window_rule = WindowRule::kAllLayers,
    .default_window = 4096,
};

}  // namespace rankadaptor::llama::internal
