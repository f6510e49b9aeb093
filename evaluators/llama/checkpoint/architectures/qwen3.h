// Qwen3 (dense): a norm over each head of q and k before the rotation, and a
// head size of its own.
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_QWEN3_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_QWEN3_H_

#include "rankadaptor/llama/architecture.h"

namespace rankadaptor::llama::internal::qwen3 {

using enum Presence;
using enum Width;

inline constexpr LayerTensor kTensors[] = {
    {"self_attn.q_norm.weight", kHeadDim},
    {"self_attn.k_norm.weight", kHeadDim},
    {"self_attn.q_proj.bias", kQueryHeads, kNone, kWithAttentionBias},
    {"self_attn.k_proj.bias", kKvHeads, kNone, kWithAttentionBias},
    {"self_attn.v_proj.bias", kKvHeads, kNone, kWithAttentionBias},
    {"self_attn.o_proj.bias", kHidden, kNone, kWithAttentionBias},
};

inline constexpr Architecture kArchitecture = {
    .model_type = "qwen3",
    .class_name = "Qwen3ForCausalLM",
    .more_tensors = kTensors,
    .default_kv_heads = 32,
    .default_head_dim = 128,
    .default_positions = 32768,
    .window_rule = WindowRule::kOnlyIfInUse,
};

}  // namespace rankadaptor::llama::internal::qwen3

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_QWEN3_H_
