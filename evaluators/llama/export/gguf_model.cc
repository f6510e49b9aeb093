#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "rankadaptor/llama/export.h"
#include "rankadaptor/llama/tokenizer.h"

#include "evaluators/llama/export/gguf_file.h"
#include "evaluators/llama/export/sentencepiece_vocabulary.h"
#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using internal::GgufField;
using internal::GgufTensor;
using internal::GgufType;
using internal::GgufValue;
using internal::SentencePieceVocabulary;

// --- Tensors -----------------------------------------------------------------

// The parts of Hugging Face's names that GGUF calls otherwise.
const std::map<std::string, std::string>& ModuleNames() {
  static const std::map<std::string, std::string> names = {
      {"input_layernorm", "attn_norm"},
      {"self_attn.q_proj", "attn_q"},
      {"self_attn.k_proj", "attn_k"},
      {"self_attn.v_proj", "attn_v"},
      {"self_attn.o_proj", "attn_output"},
      {"post_attention_layernorm", "ffn_norm"},
      {"mlp.gate_proj", "ffn_gate"},
      {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"},
      {"model.embed_tokens", "token_embd"},
      {"model.norm", "output_norm"},
      {"lm_head", "output"}};
  return names;
}

// Biases, norms of heads and windows belong to other architectures of GGUF.
Status CheckArchitecture(const LlamaConfig& config) {
  const std::string type = config.architecture->model_type;
  for (const LayerTensor& tensor : config.architecture->layer_tensors) {
    if (!HasTensor(config, tensor)) continue;
    const std::string name = tensor.name;
    const std::string module = name.substr(0, name.rfind('.'));
    if (name.ends_with(".weight") && ModuleNames().contains(module)) continue;
    return InvalidArgument("gguf: model_type = \"" + type + "\" with " + name +
                           " is not supported (supported: Llama and Mistral "
                           "without biases)");
  }
  if (!config.sliding_window) return {};
  return InvalidArgument(
      "gguf: sliding_window = " + std::to_string(*config.sliding_window) +
      " is not supported (supported: null)");
}

struct PlacedTensor {
  std::string name;  // GGUF's
  at::Tensor tensor;
};

// "model.layers.3.mlp.up_proj.weight" -> layer 3, "mlp.up_proj"; layer -1 where
// the tensor is of no layer.
struct HuggingFaceName {
  int layer = -1;
  std::string module;
};

HuggingFaceName SplitName(const std::string& name) {
  static const std::string kLayers = "model.layers.";
  static const std::string kWeight = ".weight";
  HuggingFaceName split;
  split.module = name;
  if (!name.ends_with(kWeight)) return split;
  split.module.resize(name.size() - kWeight.size());
  if (!name.starts_with(kLayers)) return split;
  const size_t dot = name.find('.', kLayers.size());
  split.layer = std::stoi(name.substr(kLayers.size(), dot - kLayers.size()));
  split.module = split.module.substr(dot + 1);
  return split;
}

// Rotary embeddings turn neighbouring channels in llama.cpp, channels half a
// head apart in Hugging Face's files.
at::Tensor PairNeighbours(const at::Tensor& weight, int64_t head_dim) {
  return weight.view({-1, 2, head_dim / 2, weight.size(1)})
      .transpose(1, 2)
      .reshape(weight.sizes());
}

Result<PlacedTensor> Place(const std::string& name,
                           const at::Tensor& tensor,
                           const LlamaConfig& config) {
  const auto [layer, module] = SplitName(name);
  const auto found = ModuleNames().find(module);
  if (found == ModuleNames().end()) {
    return InvalidArgument("tensor " + name +
                           " has no place in GGUF's llama architecture");
  }
  PlacedTensor placed{found->second + ".weight", tensor.detach()};
  if (layer >= 0)
    placed.name = "blk." + std::to_string(layer) + "." + placed.name;
  if (found->second == "attn_q" || found->second == "attn_k") {
    placed.tensor = PairNeighbours(placed.tensor, config.head_dim);
  }
  return placed;
}

// By what llama.cpp divides the rotary frequencies: [head_dim / 2].
at::Tensor FrequencyDivisors(const LlamaConfig& config) {
  const Llama3RopeScaling& scaling = *config.rope_scaling;
  const auto original =
      static_cast<double>(scaling.original_max_position_embeddings);
  at::Tensor divisors = at::ones({config.head_dim / 2}, at::kFloat);
  for (int64_t k = 0; k < divisors.size(0); ++k) {
    const double frequency = std::pow(
        config.rope_theta,
        -2.0 * static_cast<double>(k) / static_cast<double>(config.head_dim));
    const double turns = original * frequency / (2 * std::numbers::pi);
    const double share =
        std::clamp((turns - scaling.low_freq_factor) /
                       (scaling.high_freq_factor - scaling.low_freq_factor),
                   0.0,
                   1.0);
    divisors[k] = 1 / ((1 - share) / scaling.factor + share);
  }
  return divisors;
}

Result<std::vector<PlacedTensor>> PlaceAll(const Model& model) {
  std::vector<PlacedTensor> placed;
  for (const auto& [name, tensor] :
       internal::NamedTensors(model.transformer().weights())) {
    RA_ASSIGN_OR_RETURN(PlacedTensor one, Place(name, tensor, model.config()));
    placed.push_back(std::move(one));
  }
  if (model.config().rope_scaling) {
    placed.push_back({"rope_freqs.weight", FrequencyDivisors(model.config())});
  }
  return placed;
}

// --- Fields ------------------------------------------------------------------

GgufType TypeOf(const at::Tensor& tensor, Dtype dtype) {
  if (tensor.dim() == 1) return GgufType::kF32;
  switch (dtype) {
    case Dtype::kFloat32:
      return GgufType::kF32;
    case Dtype::kBFloat16:
      return GgufType::kBF16;
    case Dtype::kFloat16:
      return GgufType::kF16;
  }
  return GgufType::kF32;
}

at::ScalarType ScalarTypeOf(GgufType type) {
  return type == GgufType::kF32   ? at::kFloat
         : type == GgufType::kF16 ? at::kHalf
                                  : at::kBFloat16;
}

// general.file_type: what most tensors are.
uint32_t FileType(Dtype dtype) {
  return dtype == Dtype::kFloat32 ? 0 : dtype == Dtype::kFloat16 ? 1 : 32;
}

uint32_t Unsigned(int64_t value) { return static_cast<uint32_t>(value); }

bool IsUniform(const LlamaConfig& config) {
  return std::ranges::all_of(config.layers, [&](const LayerShape& layer) {
    return layer == config.layers.front();
  });
}

// One number if all layers agree, else one for each.
GgufValue PerLayer(const LlamaConfig& config, int64_t LayerShape::*width) {
  if (IsUniform(config)) return Unsigned(config.layers.front().*width);
  std::vector<uint32_t> widths;
  for (const LayerShape& layer : config.layers) {
    widths.push_back(Unsigned(layer.*width));
  }
  return widths;
}

std::vector<GgufField> ShapeFields(const LlamaConfig& config,
                                   const GgufOptions& options) {
  const std::string arch = IsUniform(config) ? "llama" : "deci";
  const std::string attention = arch + ".attention.";
  const auto head_dim = Unsigned(config.head_dim);
  return {{"general.architecture", arch},
          {"general.name", options.name},
          {"general.file_type", FileType(options.dtype)},
          {arch + ".vocab_size", Unsigned(config.vocab_size)},
          {arch + ".context_length", Unsigned(config.max_position_embeddings)},
          {arch + ".embedding_length", Unsigned(config.hidden_size)},
          {arch + ".block_count", Unsigned(config.num_layers())},
          {arch + ".feed_forward_length",
           PerLayer(config, &LayerShape::intermediate_size)},
          {attention + "head_count", PerLayer(config, &LayerShape::num_heads)},
          {attention + "head_count_kv",
           PerLayer(config, &LayerShape::num_kv_heads)},
          {attention + "key_length", head_dim},
          {attention + "value_length", head_dim},
          {attention + "layer_norm_rms_epsilon",
           static_cast<float>(config.rms_norm_eps)},
          {arch + ".rope.dimension_count", head_dim},
          {arch + ".rope.freq_base", static_cast<float>(config.rope_theta)}};
}

// A token's id by the model's config, else by the tokenizer.
void AddId(const std::string& key,
           std::optional<int64_t> configured,
           int32_t fallback,
           std::vector<GgufField>& fields) {
  const int64_t id = configured.value_or(fallback);
  if (id >= 0) fields.push_back({"tokenizer.ggml." + key, Unsigned(id)});
}

void AddTokenizer(SentencePieceVocabulary vocabulary,
                  const LlamaConfig& config,
                  std::vector<GgufField>& fields) {
  auto add = [&](const char* key, GgufValue value) {
    fields.push_back({std::string("tokenizer.ggml.") + key, std::move(value)});
  };
  add("model", std::string("llama"));
  add("pre", std::string("default"));
  add("tokens", std::move(vocabulary.pieces));
  add("scores", std::move(vocabulary.scores));
  add("token_type", std::move(vocabulary.types));
  AddId("bos_token_id", config.bos_token_id, vocabulary.bos_id, fields);
  AddId("eos_token_id",
        config.eos_token_ids.empty()
            ? std::nullopt
            : std::optional(config.eos_token_ids.front()),
        vocabulary.eos_id,
        fields);
  AddId("unknown_token_id", std::nullopt, vocabulary.unk_id, fields);
  AddId("padding_token_id", config.pad_token_id, -1, fields);
  add("add_bos_token", true);
  add("add_eos_token", false);
  add("add_space_prefix", vocabulary.adds_space_prefix);
  add("remove_extra_whitespaces", vocabulary.removes_extra_spaces);
}

// --- The file ----------------------------------------------------------------

Status Write(const Model& model,
             const std::vector<GgufField>& fields,
             Dtype dtype,
             const fs::path& file) {
  const c10::NoGradGuard no_gradients;
  RA_ASSIGN_OR_RETURN(const std::vector<PlacedTensor> placed, PlaceAll(model));
  std::vector<GgufTensor> layouts;
  std::map<std::string, std::pair<at::Tensor, GgufType>> tensors;
  for (const PlacedTensor& one : placed) {
    const GgufType type = TypeOf(one.tensor, dtype);
    layouts.push_back({one.name, type, one.tensor.sizes().vec()});
    tensors[one.name] = {one.tensor, type};
  }
  at::Tensor copy;  // owns the bytes that are being written
  return internal::WriteGgufFile(
      file,
      fields,
      layouts,
      [&](const std::string& name) -> Result<std::span<const std::byte>> {
        const auto& [tensor, type] = tensors.at(name);
        RA_ASSIGN_OR_RETURN(
            copy, internal::ForFile(name, tensor, ScalarTypeOf(type)));
        return internal::BytesOf(copy);
      });
}

}  // namespace

Status WriteGguf(const Model& model,
                 const fs::path& tokenizer_folder,
                 const GgufOptions& options,
                 const fs::path& file) {
  RA_RETURN_IF_ERROR(CheckArchitecture(model.config()));
  RA_ASSIGN_OR_RETURN(SentencePieceVocabulary vocabulary,
                      internal::ReadSentencePieceVocabulary(tokenizer_folder));
  Status filled = internal::FillUp(vocabulary, model.config().vocab_size);
  if (!filled) return InContext(tokenizer_folder.string(), filled.error());
  std::vector<GgufField> fields = ShapeFields(model.config(), options);
  AddTokenizer(std::move(vocabulary), model.config(), fields);
  return internal::CatchTorch(
      [&] { return Write(model, fields, options.dtype, file); });
}

}  // namespace rankadaptor::llama
