// Mistral: Llama without biases, with a sliding window in version 0.1 and none
// (null) later.
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_MISTRAL_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_MISTRAL_H_

#include "rankadaptor/llama/architecture.h"

namespace rankadaptor::llama::internal::mistral {

inline constexpr Architecture kArchitecture = {
    .model_type = "mistral",
    .class_name = "MistralForCausalLM",
    .default_kv_heads = 8,
    .default_positions = 131072,
    .default_bos = 1,
    .default_eos = 2,
    .window_rule = WindowRule::kAllLayers,
    .default_window = 4096,
};

}  // namespace rankadaptor::llama::internal::mistral

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_MISTRAL_H_
