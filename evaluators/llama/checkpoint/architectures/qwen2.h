// Qwen2 and Qwen2.5: q, k and v have biases, o has none.
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_QWEN2_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_QWEN2_H_

#include "rankadaptor/llama/architecture.h"

namespace rankadaptor::llama::internal::qwen2 {

using enum Width;

inline constexpr LayerTensor kTensors[] = {
    {"self_attn.q_proj.bias", kQueryHeads},
    {"self_attn.k_proj.bias", kKvHeads},
    {"self_attn.v_proj.bias", kKvHeads},
};

inline constexpr Architecture kArchitecture = {
    .model_type = "qwen2",
    .class_name = "Qwen2ForCausalLM",
    .more_tensors = kTensors,
    .default_kv_heads = 32,
    .default_positions = 32768,
    .window_rule = WindowRule::kOnlyIfInUse,
};

}  // namespace rankadaptor::llama::internal::qwen2

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_QWEN2_H_
