// Llama 1, 2 and 3 and what was made in their image (Vicuna, Alpaca,
// TinyLlama, SmolLM).
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
    {"self_attn.q_proj.bias", kQueryHeads, kNone, kWithAttentionBias},
    {"self_attn.k_proj.bias", kKvHeads, kNone, kWithAttentionBias},
    {"self_attn.v_proj.bias", kKvHeads, kNone, kWithAttentionBias},
    {"self_attn.o_proj.bias", kHidden, kNone, kWithAttentionBias},
    {"post_attention_layernorm.weight", kHidden},
    {"mlp.gate_proj.weight", kIntermediate, kHidden},
    {"mlp.up_proj.weight", kIntermediate, kHidden},
    {"mlp.down_proj.weight", kHidden, kIntermediate},
    {"mlp.gate_proj.bias", kIntermediate, kNone, kWithMlpBias},
    {"mlp.up_proj.bias", kIntermediate, kNone, kWithMlpBias},
    {"mlp.down_proj.bias", kHidden, kNone, kWithMlpBias},
};

}  // namespace

constexpr Architecture kLlama = {
    .model_type = "llama",
    .class_name = "LlamaForCausalLM",
    .layer_tensors = kTensors,
    .default_bos = 1,
    .default_eos = 2,
};

}  // namespace rankadaptor::llama::internal
