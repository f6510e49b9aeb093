// Qwen2 and Qwen2.5: q, k and v have biases, o has none.
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
    {"self_attn.q_proj.bias", kQueryHeads},
    {"self_attn.k_proj.bias", kKvHeads},
    {"self_attn.v_proj.bias", kKvHeads},
    {"post_attention_layernorm.weight", kHidden},
    {"mlp.gate_proj.weight", kIntermediate, kHidden},
    {"mlp.up_proj.weight", kIntermediate, kHidden},
    {"mlp.down_proj.weight", kHidden, kIntermediate},
};

}  // namespace

constexpr Architecture kQwen2 = {
    .model_type = "qwen2",
    .class_name = "Qwen2ForCausalLM",
    .layer_tensors = kTensors,
    .default_kv_heads = 32,
    .default_positions = 32768,
    .window_rule = WindowRule::kOnlyIfInUse,
};

}  // namespace rankadaptor::llama::internal
