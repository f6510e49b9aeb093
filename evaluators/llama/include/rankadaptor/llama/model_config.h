// LlamaConfig is what config.json of a Hugging Face folder says about a model,
// with the shape of each layer spelt out, because a pruned model has layers of
// different width (spec 7.1, 1.9).
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_LLAMA_MODEL_CONFIG_H_
#define RANKADAPTOR_LLAMA_MODEL_CONFIG_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/architecture.h"

namespace rankadaptor::llama {

// Widths of one decoder layer. q is [num_heads*head_dim, hidden], k and v
// [num_kv_heads*head_dim, hidden], o [hidden, num_heads*head_dim], gate and up
// [intermediate_size, hidden], down [hidden, intermediate_size].
struct LayerShape {
  int64_t num_heads = 0;
  int64_t num_kv_heads = 0;
  int64_t intermediate_size = 0;

  friend bool operator==(const LayerShape&, const LayerShape&) = default;
};

// rope_scaling of type llama3 (spec 7.5).
struct Llama3RopeScaling {
  double factor = 8;
  double low_freq_factor = 1;
  double high_freq_factor = 4;
  int64_t original_max_position_embeddings = 8192;

  friend bool operator==(const Llama3RopeScaling&,
                         const Llama3RopeScaling&) = default;
};

struct LlamaConfig {
  const Architecture* architecture = &LlamaArchitecture();  // never null
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t head_dim = 0;
  std::vector<LayerShape> layers;
  double rms_norm_eps = 1e-6;
  double rope_theta = 10000;
  std::optional<Llama3RopeScaling> rope_scaling;
  int64_t max_position_embeddings = 2048;
  bool tie_word_embeddings = false;
  // Where the architecture leaves it to the config: biases of q, k, v and o,
  // and of gate, up and down.
  bool attention_bias = false;
  bool mlp_bias = false;
  // Tokens that a token sees, itself included; all before it if not set.
  std::optional<int64_t> sliding_window;
  double initializer_range = 0.02;
  std::optional<int64_t> bos_token_id = 1;
  std::vector<int64_t> eos_token_ids = {2};
  std::optional<int64_t> pad_token_id;

  int num_layers() const { return static_cast<int>(layers.size()); }
  friend bool operator==(const LlamaConfig&, const LlamaConfig&) = default;
};

// Parses config.json of a supported architecture (docs/models.md): GQA, tied or
// not, rope_theta, rope_scaling null | default | llama3, RoPE settings nested
// under rope_parameters, explicit head_dim, biases where the architecture has
// them, and our per-layer arrays (`rankadaptor_layers`). kInvalidArgument names
// what is not supported (another architecture, activation, rope type or kind of
// attention) or which field has which value, kDataLoss what is not JSON. Every
// size is positive and small enough that no product of them overflows. `file`
// is used in messages only.
Result<LlamaConfig> ParseLlamaConfig(std::string_view json,
                                     const std::filesystem::path& file);

// ParseLlamaConfig on <folder>/config.json; kNotFound without it.
Result<LlamaConfig> LoadLlamaConfig(const std::filesystem::path& folder);

// config.json for `config`: a plain Hugging Face one if all layers have the
// same shape, else one with the per-layer arrays that ParseLlamaConfig reads
// (the uniform fields then hold the largest value of any layer). `dtype` is
// "float32" or "bfloat16".
std::string FormatLlamaConfig(const LlamaConfig& config,
                              std::string_view dtype);

// All layers have the same shape.
bool IsUniform(const LlamaConfig& config);

// Stock transformers loads a model of this shape: it is uniform, and keeps the
// architecture's rule on numbers of heads.
bool HasStockShape(const LlamaConfig& config);

// Number of parameters of a model of this shape; tied embeddings count once.
int64_t NumParameters(const LlamaConfig& config);

// The seven linear modules of a layer in the order in which everything here
// lists them.
enum class Projection { kQ, kK, kV, kO, kGate, kUp, kDown };
inline constexpr int kNumProjections = 7;

// "self_attn.q_proj", ..., "mlp.down_proj".
const char* ProjectionName(Projection projection);

// [out_features, in_features] of a projection.
struct MatrixShape {
  int64_t rows = 0;
  int64_t columns = 0;
};
MatrixShape ProjectionShape(const LlamaConfig& config,
                            int layer,
                            Projection projection);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_MODEL_CONFIG_H_
