// Qwen3 (dense): a norm over each head of q and k before the rotation, and a
// head size of its own.
#include "evaluators/llama/checkpoint/architectures/architectures.h"

namespace rankadaptor::llama::internal {
namespace {

using enum Presence;
using enum Width;

constexpr LayerTensor kTensors[] = {
    {"input_layernorm.weight", kHidden},
    {"self_attn.q_proj.weight", kQueryHeads, kHidden},
    {"self_attn.k_proj.weight", kKvHeads, kHidden},
    {"self_attn.v_proj.weight", kKvHeads, kHidden},
    {"self_attn.o_proj.weight", kHidden, kQueryHeads},
    {"self_attn.q_norm.weight", kHeadDim},
    {"self_attn.k_norm.weight", kHeadDim},
    {"self_attn.q_proj.bias", kQueryHeads, kNone, kWithAttentionBias},
    {"self_attn.k_proj.bias", kKvHeads, kNone, kWithAttentionBias},
    {"self_attn.v_proj.bias", kKvHeads, kNone, kWithAttentionBias},
    {"self_attn.o_proj.bias", kHidden, kNone, kWithAttentionBias},
    {"post_attention_layernorm.weight", kHidden},
    {"mlp.gate_proj.weight", kIntermediate, kHidden},
    {"mlp.up_proj.weight", kIntermediate, kHidden},
    {"mlp.down_proj.weight", kHidden, kIntermediate},
};

}  // namespace

constexpr Architecture kQwen3 = {
    .model_type = "qwen3",
    .class_name = "Qwen3ForCausalLM",
    .layer_tensors = kTensors,
    .default_kv_heads = 32,
    .default_head_dim = 128,
    .default_positions = 32768,
    .window_rule = WindowRule::kOnlyIfInUse,
};

}  // namespace rankadaptor::llama::internal
