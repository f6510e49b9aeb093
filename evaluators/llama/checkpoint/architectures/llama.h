// Llama 1, 2 and 3 and what was made in their image (Vicuna, Alpaca,
// TinyLlama, SmolLM).
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_LLAMA_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_LLAMA_H_

#include "rankadaptor/llama/architecture.h"

namespace rankadaptor::llama::internal::llama {

using enum Presence;
using enum Width;

inline constexpr LayerTensor kTensors[] = {
    {"self_attn.q_proj.bias", kQueryHeads, kNone, kWithAttentionBias},
    {"self_attn.k_proj.bias", kKvHeads, kNone, kWithAttentionBias},
    {"self_attn.v_proj.bias", kKvHeads, kNone, kWithAttentionBias},
    {"self_attn.o_proj.bias", kHidden, kNone, kWithAttentionBias},
    {"mlp.gate_proj.bias", kIntermediate, kNone, kWithMlpBias},
    {"mlp.up_proj.bias", kIntermediate, kNone, kWithMlpBias},
    {"mlp.down_proj.bias", kHidden, kNone, kWithMlpBias},
};

inline constexpr Architecture kArchitecture = {
    .model_type = "llama",
    .class_name = "LlamaForCausalLM",
    .more_tensors = kTensors,
    .default_bos = 1,
    .default_eos = 2,
    .heads_divide_hidden = true,
};

}  // namespace rankadaptor::llama::internal::llama

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_LLAMA_H_
