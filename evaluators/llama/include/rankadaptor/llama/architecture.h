// What tells the supported decoder architectures apart, as data: the tensors
// that a layer has beside those that all have, with their names and shapes, and
// what config.json means where it is silent. Everything else is the same for
// all: a residual stream, RMS norms, rotary embeddings, grouped-query attention
// and a SwiGLU MLP.
//
// The width of an axis also says how pruning couples tensors: what has the
// width of the query heads is cut with them, what has the hidden size or the
// size of one head is never cut.
//
// To add one: a file in checkpoint/architectures and its line in
// checkpoint/architectures.cc (docs/models.md has the recipe).
//
// Thread-safety: constants.
#ifndef RANKADAPTOR_LLAMA_ARCHITECTURE_H_
#define RANKADAPTOR_LLAMA_ARCHITECTURE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace rankadaptor::llama {

struct LlamaConfig;

// What an axis of a layer's tensor counts.
enum class Width {
  kNone,          // the tensor has no such axis
  kHidden,        // hidden_size
  kQueryHeads,    // num_heads * head_dim
  kKvHeads,       // num_kv_heads * head_dim
  kHeadDim,       // head_dim, shared by all heads
  kIntermediate,  // intermediate_size
};

// When a layer has a tensor.
enum class Presence { kAlways, kWithAttentionBias, kWithMlpBias };

struct LayerTensor {
  const char* name;  // behind "model.layers.<i>."
  Width rows;
  Width columns = Width::kNone;  // of a matrix
  Presence presence = Presence::kAlways;
};

// What a field `sliding_window` means.
enum class WindowRule {
  kNone,         // transformers does not read it; a value is refused
  kAllLayers,    // each token sees so many tokens, itself included
  kOnlyIfInUse,  // only with use_sliding_window, which is refused
};

struct Architecture {
  const char* model_type;
  const char* class_name;  // in "architectures"
  // Beside the matrices and the two norms that a layer always has.
  std::span<const LayerTensor> more_tensors;

  // What the class in transformers takes where config.json has no such field.
  int64_t default_kv_heads = 0;  // 0: as many as query heads
  int64_t default_head_dim = 0;  // 0: hidden_size / num_attention_heads
  int64_t default_positions = 2048;
  std::optional<int64_t> default_bos;
  std::optional<int64_t> default_eos;
  WindowRule window_rule = WindowRule::kNone;
  int64_t default_window = 0;  // of kAllLayers
  // transformers refuses a config whose hidden_size is not a multiple of
  // num_attention_heads, whatever head_dim says.
  bool heads_divide_hidden = false;

  // A field attention_bias or mlp_bias may be true.
  bool Allows(Presence presence) const;
};

// All supported architectures.
std::span<const Architecture* const> Architectures();
const Architecture& LlamaArchitecture();

// Null if none has this model_type.
const Architecture* FindArchitecture(std::string_view model_type);

// What the layers of this model have, and a tensor's shape in `layer`.
std::vector<LayerTensor> LayerTensors(const LlamaConfig& config);
std::vector<int64_t> TensorShape(const LlamaConfig& config,
                                 int layer,
                                 const LayerTensor& tensor);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_ARCHITECTURE_H_
