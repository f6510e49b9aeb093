// Names that reading and writing config.json share.
#ifndef RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_CONFIG_FIELDS_H_
#define RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_CONFIG_FIELDS_H_

namespace rankadaptor::llama::internal {

// The object with one list per width, one value per layer; not Hugging Face's.
inline constexpr const char* kPerLayerField = "rankadaptor_layers";

// Inside that object and, for models of equal layers, at the top.
inline constexpr const char* kHeadsField = "num_attention_heads";
inline constexpr const char* kKvHeadsField = "num_key_value_heads";
inline constexpr const char* kIntermediateField = "intermediate_size";

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_CONFIG_FIELDS_H_
