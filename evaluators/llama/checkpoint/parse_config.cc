#include "rankadaptor/common/file.h"
#include "rankadaptor/common/quote.h"
#include "rankadaptor/llama/model_config.h"

#include "evaluators/llama/checkpoint/config_fields.h"
#include "evaluators/llama/checkpoint/parse_rope.h"
#include "evaluators/llama/checkpoint/strict_json.h"
#include "evaluators/llama/checkpoint/supported_config.h"

namespace rankadaptor::llama {
namespace {

using internal::IntegerRange;
using internal::JsonFields;
using internal::kHeadsField;
using internal::kIntermediateField;
using internal::kKvHeadsField;
using internal::kPerLayerField;
using nlohmann::json;

// Generous limits that keep every product of sizes inside int64.
constexpr IntegerRange kVocabularyRange = {1, int64_t{1} << 24};
constexpr IntegerRange kHiddenRange = {1, int64_t{1} << 20};
constexpr IntegerRange kIntermediateRange = {1, int64_t{1} << 24};
constexpr IntegerRange kLayerRange = {1, 4096};
constexpr IntegerRange kHeadRange = {1, int64_t{1} << 14};
constexpr IntegerRange kHeadDimRange = {2, int64_t{1} << 10};
constexpr IntegerRange kPositionRange = {1, (int64_t{1} << 31) - 1};
// -1 stands for "none" in old files.
constexpr IntegerRange kTokenIdRange = {-1, (int64_t{1} << 31) - 1};

// --- Shapes ----------------------------------------------------------------

Status CheckHeadGroups(const LayerShape& layer, const std::string& place) {
  if (layer.num_heads % layer.num_kv_heads == 0) return {};
  return InvalidArgument(place + ": " + std::to_string(layer.num_heads) +
                         " attention heads cannot share " +
                         std::to_string(layer.num_kv_heads) +
                         " key-value heads evenly");
}

// Absent means the architecture's own number, null as many as query heads.
Result<int64_t> ReadKvHeads(const JsonFields& fields,
                            const Architecture& architecture,
                            int64_t num_heads) {
  const bool absent = !fields.object().contains(kKvHeadsField);
  const int64_t usual = architecture.default_kv_heads;
  return fields.IntegerOr(
      kKvHeadsField, kHeadRange, absent && usual > 0 ? usual : num_heads);
}

Result<std::vector<LayerShape>> ReadUniformLayers(
    const JsonFields& fields,
    const Architecture& architecture,
    int64_t num_layers) {
  LayerShape layer;
  RA_ASSIGN_OR_RETURN(layer.num_heads, fields.Integer(kHeadsField, kHeadRange));
  RA_ASSIGN_OR_RETURN(layer.num_kv_heads,
                      ReadKvHeads(fields, architecture, layer.num_heads));
  RA_ASSIGN_OR_RETURN(layer.intermediate_size,
                      fields.Integer(kIntermediateField, kIntermediateRange));
  RA_RETURN_IF_ERROR(CheckHeadGroups(layer, fields.place()));
  return std::vector<LayerShape>(static_cast<size_t>(num_layers), layer);
}

Status CheckPerLayerNames(const JsonFields& fields) {
  for (const auto& item : fields.object().items()) {
    const std::string& name = item.key();
    if (name != kHeadsField && name != kKvHeadsField &&
        name != kIntermediateField) {
      return InvalidArgument(fields.place() + ": unknown field " + Quote(name));
    }
  }
  return {};
}

Result<std::vector<int64_t>> ReadPerLayer(const JsonFields& fields,
                                          const char* name,
                                          IntegerRange range,
                                          int64_t num_layers) {
  RA_ASSIGN_OR_RETURN(std::vector<int64_t> values,
                      fields.Integers(name, range));
  if (static_cast<int64_t>(values.size()) != num_layers) {
    return InvalidArgument(
        fields.place() + ": " + name + " has " + std::to_string(values.size()) +
        " values, num_hidden_layers is " + std::to_string(num_layers));
  }
  return values;
}

Result<std::vector<LayerShape>> ReadPerLayerShapes(const JsonFields& fields,
                                                   int64_t num_layers) {
  RA_RETURN_IF_ERROR(CheckPerLayerNames(fields));
  RA_ASSIGN_OR_RETURN(
      std::vector<int64_t> heads,
      ReadPerLayer(fields, kHeadsField, kHeadRange, num_layers));
  RA_ASSIGN_OR_RETURN(
      std::vector<int64_t> kv_heads,
      ReadPerLayer(fields, kKvHeadsField, kHeadRange, num_layers));
  RA_ASSIGN_OR_RETURN(
      std::vector<int64_t> intermediate,
      ReadPerLayer(fields, kIntermediateField, kIntermediateRange, num_layers));
  std::vector<LayerShape> layers;
  for (size_t i = 0; i < heads.size(); ++i) {
    layers.push_back({heads[i], kv_heads[i], intermediate[i]});
    RA_RETURN_IF_ERROR(CheckHeadGroups(
        layers.back(), fields.place() + ": layer " + std::to_string(i)));
  }
  return layers;
}

Result<std::vector<LayerShape>> ReadLayers(const JsonFields& fields,
                                           const Architecture& architecture) {
  RA_ASSIGN_OR_RETURN(int64_t num_layers,
                      fields.Integer("num_hidden_layers", kLayerRange));
  if (fields.Find(kPerLayerField) == nullptr) {
    return ReadUniformLayers(fields, architecture, num_layers);
  }
  RA_ASSIGN_OR_RETURN(JsonFields per_layer, fields.Nested(kPerLayerField));
  return ReadPerLayerShapes(per_layer, num_layers);
}

// Where it is absent, the width of the attention is the hidden size, but for
// architectures with a head size of their own.
Result<int64_t> ReadHeadDim(const JsonFields& fields,
                            const LlamaConfig& config) {
  const bool pruned = fields.Find(kPerLayerField) != nullptr;
  if (fields.Find("head_dim") != nullptr || pruned) {
    RA_ASSIGN_OR_RETURN(int64_t head_dim,
                        fields.Integer("head_dim", kHeadDimRange));
    if (head_dim % 2 == 0) return head_dim;
    return fields.Refuse("head_dim", "is odd, rotary embeddings need pairs");
  }
  const int64_t usual = config.architecture->default_head_dim;
  if (usual > 0 && !fields.object().contains("head_dim")) return usual;
  const int64_t num_heads = config.layers.front().num_heads;
  const int64_t head_dim = config.hidden_size / num_heads;
  if (config.hidden_size % num_heads != 0 || head_dim % 2 != 0 ||
      head_dim < kHeadDimRange.low || head_dim > kHeadDimRange.high) {
    return fields.Refuse("hidden_size",
                         "does not divide into " + std::to_string(num_heads) +
                             " attention heads of an even size from 2 to " +
                             std::to_string(kHeadDimRange.high) +
                             " and head_dim is not given");
  }
  return head_dim;
}

Status ReadShapes(const JsonFields& fields, LlamaConfig& config) {
  RA_ASSIGN_OR_RETURN(config.vocab_size,
                      fields.Integer("vocab_size", kVocabularyRange));
  RA_ASSIGN_OR_RETURN(config.hidden_size,
                      fields.Integer("hidden_size", kHiddenRange));
  RA_ASSIGN_OR_RETURN(config.layers, ReadLayers(fields, *config.architecture));
  RA_ASSIGN_OR_RETURN(config.head_dim, ReadHeadDim(fields, config));
  return {};
}

// --- The rest ----------------------------------------------------------------

Result<std::optional<int64_t>> ReadTokenId(const JsonFields& fields,
                                           const char* name,
                                           std::optional<int64_t> fallback) {
  if (fields.Find(name) == nullptr) {
    // Absent means the usual id; null means that there is none.
    return fields.object().contains(name) ? std::nullopt : fallback;
  }
  RA_ASSIGN_OR_RETURN(int64_t id, fields.Integer(name, kTokenIdRange));
  return id < 0 ? std::nullopt : std::optional<int64_t>(id);
}

Result<std::vector<int64_t>> ReadEosIds(const JsonFields& fields,
                                        const Architecture& architecture) {
  std::vector<int64_t> ids;
  const json* eos = fields.Find("eos_token_id");
  if (eos != nullptr && eos->is_array()) {
    RA_ASSIGN_OR_RETURN(ids, fields.Integers("eos_token_id", kTokenIdRange));
    std::erase_if(ids, [](int64_t id) { return id < 0; });
    return ids;
  }
  RA_ASSIGN_OR_RETURN(
      std::optional<int64_t> id,
      ReadTokenId(fields, "eos_token_id", architecture.default_eos));
  if (id) ids.push_back(*id);
  return ids;
}

Status ReadTokenIds(const JsonFields& fields, LlamaConfig& config) {
  RA_ASSIGN_OR_RETURN(
      config.bos_token_id,
      ReadTokenId(fields, "bos_token_id", config.architecture->default_bos));
  RA_ASSIGN_OR_RETURN(config.pad_token_id,
                      ReadTokenId(fields, "pad_token_id", std::nullopt));
  RA_ASSIGN_OR_RETURN(config.eos_token_ids,
                      ReadEosIds(fields, *config.architecture));
  return {};
}

Status ReadNumerics(const JsonFields& fields, LlamaConfig& config) {
  RA_ASSIGN_OR_RETURN(config.rms_norm_eps,
                      fields.PositiveOr("rms_norm_eps", config.rms_norm_eps));
  RA_ASSIGN_OR_RETURN(
      config.initializer_range,
      fields.PositiveOr("initializer_range", config.initializer_range));
  RA_ASSIGN_OR_RETURN(config.tie_word_embeddings,
                      fields.BooleanOr("tie_word_embeddings", false));
  // The name in the first converted LLaMA checkpoints.
  RA_ASSIGN_OR_RETURN(int64_t positions,
                      fields.IntegerOr("max_sequence_length",
                                       kPositionRange,
                                       config.architecture->default_positions));
  RA_ASSIGN_OR_RETURN(
      config.max_position_embeddings,
      fields.IntegerOr("max_position_embeddings", kPositionRange, positions));
  return {};
}

// Null means that there is no window.
Status ReadAttention(const JsonFields& fields, LlamaConfig& config) {
  RA_ASSIGN_OR_RETURN(config.attention_bias,
                      fields.BooleanOr("attention_bias", false));
  RA_ASSIGN_OR_RETURN(config.mlp_bias, fields.BooleanOr("mlp_bias", false));
  if (config.architecture->window_rule != WindowRule::kAllLayers) return {};
  constexpr const char* kName = "sliding_window";
  if (fields.Find(kName) != nullptr) {
    RA_ASSIGN_OR_RETURN(config.sliding_window,
                        fields.Integer(kName, kPositionRange));
  } else if (!fields.object().contains(kName)) {
    config.sliding_window = config.architecture->default_window;
  }
  return {};
}

}  // namespace

Result<LlamaConfig> ParseLlamaConfig(std::string_view text,
                                     const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(json root,
                      internal::ParseJsonObject(text, file.string()));
  JsonFields fields(root, file.string());
  LlamaConfig config;
  RA_ASSIGN_OR_RETURN(config.architecture, internal::ReadArchitecture(fields));
  RA_RETURN_IF_ERROR(ReadShapes(fields, config));
  RA_RETURN_IF_ERROR(ReadAttention(fields, config));
  RA_RETURN_IF_ERROR(internal::ReadRope(fields, config));
  RA_RETURN_IF_ERROR(ReadTokenIds(fields, config));
  RA_RETURN_IF_ERROR(ReadNumerics(fields, config));
  return config;
}

Result<LlamaConfig> LoadLlamaConfig(const std::filesystem::path& folder) {
  constexpr uint64_t kMaxBytes = uint64_t{16} << 20;
  const std::filesystem::path file = folder / "config.json";
  RA_ASSIGN_OR_RETURN(std::string text, ReadFile(file, kMaxBytes));
  return ParseLlamaConfig(text, file);
}

}  // namespace rankadaptor::llama
