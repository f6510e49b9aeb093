// Which of llama.cpp's architectures a model is written as.
#ifndef RANKADAPTOR_LLAMA_EXPORT_GGUF_ARCHITECTURE_H_
#define RANKADAPTOR_LLAMA_EXPORT_GGUF_ARCHITECTURE_H_

#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model_config.h"

namespace rankadaptor::llama::internal {

struct GgufArchitecture {
  const char* name;  // in general.architecture
  // Of the models written as it; null: of all that it has a place for.
  const char* model_type;
  bool has_layer_shapes;  // layers may differ
  bool has_output_bias;   // of attention, and those of the MLP
  bool has_head_norms;    // of q and k
  bool has_rope_factors;  // rope_type llama3
  // The heads together may be narrower or wider than the hidden size.
  bool has_free_width;
  // Rotary embeddings turn neighbouring channels, not channels half a head
  // apart as in Hugging Face's files.
  bool turns_neighbours;
};

// The model's own architecture where it fits, else one of which it is a special
// case. kInvalidArgument names what no architecture of llama.cpp has.
Result<GgufArchitecture> FindGgufArchitecture(const LlamaConfig& config);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_EXPORT_GGUF_ARCHITECTURE_H_
