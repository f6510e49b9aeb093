#include "rankadaptor/common/file.h"
#include "rankadaptor/common/quote.h"
#include "rankadaptor/llama/model_config.h"

#include "evaluators/llama/checkpoint/config_fields.h"
#include "evaluators/llama/checkpoint/strict_json.h"

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

// --- What is refused by name ---------------------------------------------

Status CheckArchitectures(const JsonFields& fields) {
  const json* architectures = fields.Find("architectures");
  if (architectures == nullptr) return {};
  // The second spelling is what the first converted LLaMA checkpoints have.
  for (const char* supported : {"LlamaForCausalLM", "LLaMAForCausalLM"}) {
    if (*architectures == json::array({supported})) return {};
  }
  return fields.Refuse("architectures",
                       "is not supported (supported: [\"LlamaForCausalLM\"])");
}

Status CheckModelType(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(std::string type, fields.StringOr("model_type", ""));
  if (type == "llama") return {};
  if (!type.empty()) {
    return fields.Refuse("model_type",
                         "is not supported (supported: \"llama\")");
  }
  if (fields.Find("architectures") != nullptr) return {};
  return InvalidArgument(fields.place() +
                         ": has neither model_type nor architectures, so it "
                         "is not the config of a Hugging Face model");
}

Status CheckNoBiases(const JsonFields& fields) {
  for (const char* name : {"attention_bias", "mlp_bias"}) {
    RA_ASSIGN_OR_RETURN(bool has_bias, fields.BooleanOr(name, false));
    if (has_bias) {
      return fields.Refuse(name, "is not supported (supported: false)");
    }
  }
  return {};
}

Status CheckAbsent(const JsonFields& fields) {
  for (const char* name : {"sliding_window", "quantization_config"}) {
    if (fields.Find(name) != nullptr) {
      return fields.Refuse(name, "is not supported (supported: null)");
    }
  }
  return {};
}

Status CheckSupported(const JsonFields& fields) {
  RA_RETURN_IF_ERROR(CheckArchitectures(fields));
  RA_RETURN_IF_ERROR(CheckModelType(fields));
  RA_RETURN_IF_ERROR(CheckNoBiases(fields));
  RA_RETURN_IF_ERROR(CheckAbsent(fields));
  RA_ASSIGN_OR_RETURN(std::string activation,
                      fields.StringOr("hidden_act", "silu"));
  if (activation != "silu") {
    return fields.Refuse("hidden_act",
                         "is not supported (supported: \"silu\")");
  }
  return {};
}

// --- Shapes ----------------------------------------------------------------

Status CheckHeadGroups(const LayerShape& layer, const std::string& place) {
  if (layer.num_heads % layer.num_kv_heads == 0) return {};
  return InvalidArgument(place + ": " + std::to_string(layer.num_heads) +
                         " attention heads cannot share " +
                         std::to_string(layer.num_kv_heads) +
                         " key-value heads evenly");
}

Result<std::vector<LayerShape>> ReadUniformLayers(const JsonFields& fields,
                                                  int64_t num_layers) {
  LayerShape layer;
  RA_ASSIGN_OR_RETURN(layer.num_heads, fields.Integer(kHeadsField, kHeadRange));
  RA_ASSIGN_OR_RETURN(
      layer.num_kv_heads,
      fields.IntegerOr(kKvHeadsField, kHeadRange, layer.num_heads));
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

Result<std::vector<LayerShape>> ReadLayers(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(int64_t num_layers,
                      fields.Integer("num_hidden_layers", kLayerRange));
  if (fields.Find(kPerLayerField) == nullptr) {
    return ReadUniformLayers(fields, num_layers);
  }
  RA_ASSIGN_OR_RETURN(JsonFields per_layer, fields.Nested(kPerLayerField));
  return ReadPerLayerShapes(per_layer, num_layers);
}

// Absent in older files: the width of the attention is then the hidden size.
Result<int64_t> ReadHeadDim(const JsonFields& fields,
                            const LlamaConfig& config) {
  const bool pruned = fields.Find(kPerLayerField) != nullptr;
  if (fields.Find("head_dim") != nullptr || pruned) {
    RA_ASSIGN_OR_RETURN(int64_t head_dim,
                        fields.Integer("head_dim", kHeadDimRange));
    if (head_dim % 2 == 0) return head_dim;
    return fields.Refuse("head_dim", "is odd, rotary embeddings need pairs");
  }
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
  RA_ASSIGN_OR_RETURN(config.layers, ReadLayers(fields));
  RA_ASSIGN_OR_RETURN(config.head_dim, ReadHeadDim(fields, config));
  return {};
}

// --- Rotary embeddings -------------------------------------------------------

struct RopeSettings {
  std::optional<double> theta;
  std::optional<Llama3RopeScaling> scaling;
};

Result<Llama3RopeScaling> ReadLlama3(const JsonFields& fields) {
  Llama3RopeScaling scaling;
  RA_ASSIGN_OR_RETURN(scaling.factor, fields.Positive("factor"));
  RA_ASSIGN_OR_RETURN(scaling.low_freq_factor,
                      fields.Positive("low_freq_factor"));
  RA_ASSIGN_OR_RETURN(scaling.high_freq_factor,
                      fields.Positive("high_freq_factor"));
  RA_ASSIGN_OR_RETURN(
      scaling.original_max_position_embeddings,
      fields.Integer("original_max_position_embeddings", kPositionRange));
  if (scaling.factor < 1) return fields.Refuse("factor", "is less than 1");
  if (scaling.low_freq_factor >= scaling.high_freq_factor) {
    return fields.Refuse("low_freq_factor",
                         "is not less than high_freq_factor");
  }
  return scaling;
}

// `type` is what `rope_type` was called before transformers 4.43.
Result<std::string> ReadRopeType(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(std::string legacy, fields.StringOr("type", "default"));
  RA_ASSIGN_OR_RETURN(std::string type, fields.StringOr("rope_type", legacy));
  const bool both = fields.Find("type") && fields.Find("rope_type");
  if (both && type != legacy) {
    return fields.Refuse("type", "contradicts rope_type");
  }
  if (type == "default" || type == "llama3") return type;
  return fields.Refuse(fields.Find("rope_type") ? "rope_type" : "type",
                       "is not supported (supported: \"default\", \"llama3\")");
}

Status CheckWholeHeadRotates(const JsonFields& fields) {
  RA_ASSIGN_OR_RETURN(double fraction,
                      fields.PositiveOr("partial_rotary_factor", 1));
  if (fraction == 1) return {};
  return fields.Refuse("partial_rotary_factor",
                       "is not supported (supported: 1)");
}

Result<RopeSettings> ReadRopeObject(const JsonFields& fields) {
  for (const auto& item : fields.object().items()) {
    if (item.value().is_object()) {
      return fields.Refuse(item.key().c_str(),
                           "is not supported (one rotary embedding for all "
                           "layers is)");
    }
  }
  RA_RETURN_IF_ERROR(CheckWholeHeadRotates(fields));
  RopeSettings rope;
  if (fields.Find("rope_theta") != nullptr) {
    RA_ASSIGN_OR_RETURN(rope.theta, fields.Positive("rope_theta"));
  }
  RA_ASSIGN_OR_RETURN(std::string type, ReadRopeType(fields));
  if (type == "llama3") {
    RA_ASSIGN_OR_RETURN(rope.scaling, ReadLlama3(fields));
  }
  return rope;
}

// The settings may stand at the top (rope_theta, rope_scaling) or, since
// transformers 5, in rope_parameters; where both do, they must agree.
Status ReadRope(const JsonFields& fields, LlamaConfig& config) {
  RA_RETURN_IF_ERROR(CheckWholeHeadRotates(fields));
  std::optional<double> theta;
  if (fields.Find("rope_theta") != nullptr) {
    RA_ASSIGN_OR_RETURN(theta, fields.Positive("rope_theta"));
  }
  bool have_object = false;
  for (const char* name : {"rope_scaling", "rope_parameters"}) {
    if (fields.Find(name) == nullptr) continue;
    RA_ASSIGN_OR_RETURN(JsonFields nested, fields.Nested(name));
    RA_ASSIGN_OR_RETURN(RopeSettings rope, ReadRopeObject(nested));
    if (have_object && rope.scaling != config.rope_scaling) {
      return fields.Refuse(name, "contradicts rope_scaling");
    }
    if (theta && rope.theta && *theta != *rope.theta) {
      return nested.Refuse("rope_theta",
                           "contradicts the rope_theta given elsewhere");
    }
    if (rope.theta) theta = rope.theta;
    config.rope_scaling = rope.scaling;
    have_object = true;
  }
  config.rope_theta = theta.value_or(config.rope_theta);
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

Result<std::vector<int64_t>> ReadEosIds(const JsonFields& fields) {
  std::vector<int64_t> ids;
  const json* eos = fields.Find("eos_token_id");
  if (eos != nullptr && eos->is_array()) {
    RA_ASSIGN_OR_RETURN(ids, fields.Integers("eos_token_id", kTokenIdRange));
    std::erase_if(ids, [](int64_t id) { return id < 0; });
    return ids;
  }
  RA_ASSIGN_OR_RETURN(std::optional<int64_t> id,
                      ReadTokenId(fields, "eos_token_id", 2));
  if (id) ids.push_back(*id);
  return ids;
}

Status ReadTokenIds(const JsonFields& fields, LlamaConfig& config) {
  RA_ASSIGN_OR_RETURN(config.bos_token_id,
                      ReadTokenId(fields, "bos_token_id", config.bos_token_id));
  RA_ASSIGN_OR_RETURN(config.pad_token_id,
                      ReadTokenId(fields, "pad_token_id", std::nullopt));
  RA_ASSIGN_OR_RETURN(config.eos_token_ids, ReadEosIds(fields));
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
                                       config.max_position_embeddings));
  RA_ASSIGN_OR_RETURN(
      config.max_position_embeddings,
      fields.IntegerOr("max_position_embeddings", kPositionRange, positions));
  return {};
}

}  // namespace

Result<LlamaConfig> ParseLlamaConfig(std::string_view text,
                                     const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(json root,
                      internal::ParseJsonObject(text, file.string()));
  JsonFields fields(root, file.string());
  RA_RETURN_IF_ERROR(CheckSupported(fields));
  LlamaConfig config;
  RA_RETURN_IF_ERROR(ReadShapes(fields, config));
  RA_RETURN_IF_ERROR(ReadRope(fields, config));
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
