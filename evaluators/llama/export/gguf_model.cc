#include <map>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "rankadaptor/llama/export.h"

#include "evaluators/llama/export/gguf_architecture.h"
#include "evaluators/llama/export/gguf_file.h"
#include "evaluators/llama/export/gguf_tensors.h"
#include "evaluators/llama/export/gguf_vocabulary.h"
#include "evaluators/llama/model/tensors.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using internal::GgufArchitecture;
using internal::GgufField;
using internal::GgufTensor;
using internal::GgufType;
using internal::GgufValue;
using internal::GgufVocabulary;
using internal::GgufWeight;

// --- Fields ------------------------------------------------------------------

GgufType TypeOf(const GgufWeight& weight, Dtype dtype) {
  if (weight.shape.size() == 1) return GgufType::kF32;
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
                                   const std::string& arch,
                                   const GgufOptions& options) {
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

void AddTokenizer(GgufVocabulary vocabulary,
                  const LlamaConfig& config,
                  std::vector<GgufField>& fields) {
  auto add = [&](const char* key, GgufValue value) {
    fields.push_back({std::string("tokenizer.ggml.") + key, std::move(value)});
  };
  const bool sentencepiece = !vocabulary.scores.empty();
  add("model", std::move(vocabulary.model));
  add("pre", std::move(vocabulary.pre));
  add("tokens", std::move(vocabulary.tokens));
  add("token_type", std::move(vocabulary.types));
  if (sentencepiece) {
    add("scores", std::move(vocabulary.scores));
    add("add_space_prefix", vocabulary.adds_space_prefix);
    add("remove_extra_whitespaces", vocabulary.removes_extra_spaces);
  } else {
    add("merges", std::move(vocabulary.merges));
  }
  if (!vocabulary.chat_template.empty()) {
    fields.push_back(
        {"tokenizer.chat_template", std::move(vocabulary.chat_template)});
  }
  AddId("bos_token_id", config.bos_token_id, vocabulary.bos_id, fields);
  AddId("eos_token_id",
        config.eos_token_ids.empty()
            ? std::nullopt
            : std::optional(config.eos_token_ids.front()),
        vocabulary.eos_id,
        fields);
  AddId("unknown_token_id", std::nullopt, vocabulary.unk_id, fields);
  AddId("padding_token_id", config.pad_token_id, -1, fields);
  add("add_bos_token", vocabulary.adds_bos);
  add("add_eos_token", false);
}

// --- The file ----------------------------------------------------------------

Status Write(const Model& model,
             const GgufArchitecture& architecture,
             const std::vector<GgufField>& fields,
             Dtype dtype,
             const fs::path& file) {
  const c10::NoGradGuard no_gradients;
  RA_ASSIGN_OR_RETURN(const std::vector<GgufWeight> weights,
                      internal::GgufWeights(model, architecture));
  std::vector<GgufTensor> layouts;
  std::map<std::string, std::pair<at::Tensor, GgufType>> tensors;
  for (const GgufWeight& weight : weights) {
    const GgufType type = TypeOf(weight, dtype);
    layouts.push_back({weight.name, type, weight.shape});
    tensors[weight.name] = {weight.tensor, type};
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
  RA_ASSIGN_OR_RETURN(const GgufArchitecture architecture,
                      internal::FindGgufArchitecture(model.config()));
  RA_ASSIGN_OR_RETURN(GgufVocabulary vocabulary,
                      internal::ReadGgufVocabulary(tokenizer_folder));
  Status filled = internal::FillUp(vocabulary, model.config().vocab_size);
  if (!filled) return InContext(tokenizer_folder.string(), filled.error());
  std::vector<GgufField> fields =
      ShapeFields(model.config(), architecture.name, options);
  AddTokenizer(std::move(vocabulary), model.config(), fields);
  return internal::CatchTorch(
      [&] { return Write(model, architecture, fields, options.dtype, file); });
}

}  // namespace rankadaptor::llama
