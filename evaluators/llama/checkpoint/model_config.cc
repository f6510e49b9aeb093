#include "rankadaptor/llama/model_config.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/check.h"

#include "evaluators/llama/checkpoint/config_fields.h"

namespace rankadaptor::llama {
namespace {

using internal::kHeadsField;
using internal::kIntermediateField;
using internal::kKvHeadsField;
using internal::kPerLayerField;
using nlohmann::ordered_json;

LayerShape WidestLayer(const LlamaConfig& config) {
  LayerShape widest;
  for (const LayerShape& layer : config.layers) {
    widest.num_heads = std::max(widest.num_heads, layer.num_heads);
    widest.num_kv_heads = std::max(widest.num_kv_heads, layer.num_kv_heads);
    widest.intermediate_size =
        std::max(widest.intermediate_size, layer.intermediate_size);
  }
  return widest;
}

ordered_json PerLayerArrays(const LlamaConfig& config) {
  ordered_json arrays;
  for (const LayerShape& layer : config.layers) {
    arrays[kHeadsField].push_back(layer.num_heads);
    arrays[kKvHeadsField].push_back(layer.num_kv_heads);
    arrays[kIntermediateField].push_back(layer.intermediate_size);
  }
  return arrays;
}

ordered_json RopeScalingJson(const LlamaConfig& config) {
  if (!config.rope_scaling) return nullptr;
  const Llama3RopeScaling& scaling = *config.rope_scaling;
  return {{"rope_type", "llama3"},
          {"factor", scaling.factor},
          {"low_freq_factor", scaling.low_freq_factor},
          {"high_freq_factor", scaling.high_freq_factor},
          {"original_max_position_embeddings",
           scaling.original_max_position_embeddings}};
}

ordered_json OptionalJson(const std::optional<int64_t>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

// The fields that transformers reads for this architecture only.
void AddOwnFields(const LlamaConfig& config, ordered_json& root) {
  const Architecture& architecture = *config.architecture;
  if (architecture.Allows(Presence::kWithAttentionBias)) {
    root["attention_bias"] = config.attention_bias;
  }
  if (architecture.Allows(Presence::kWithMlpBias)) {
    root["mlp_bias"] = config.mlp_bias;
  }
  if (architecture.window_rule == WindowRule::kAllLayers) {
    root["sliding_window"] = OptionalJson(config.sliding_window);
  }
  if (architecture.window_rule == WindowRule::kOnlyIfInUse) {
    root["use_sliding_window"] = false;
  }
}

ordered_json EosJson(const std::vector<int64_t>& ids) {
  if (ids.empty()) return nullptr;
  return ids.size() == 1 ? ordered_json(ids.front()) : ordered_json(ids);
}

}  // namespace

std::string FormatLlamaConfig(const LlamaConfig& config,
                              std::string_view dtype) {
  const LayerShape widest = WidestLayer(config);
  ordered_json root = {
      {"architectures", ordered_json::array({config.architecture->class_name})},
      {"model_type", config.architecture->model_type},
      {"vocab_size", config.vocab_size},
      {"hidden_size", config.hidden_size},
      {kIntermediateField, widest.intermediate_size},
      {"num_hidden_layers", config.num_layers()},
      {kHeadsField, widest.num_heads},
      {kKvHeadsField, widest.num_kv_heads},
      {"head_dim", config.head_dim},
      {"hidden_act", "silu"},
      {"max_position_embeddings", config.max_position_embeddings},
      {"rms_norm_eps", config.rms_norm_eps},
      {"rope_theta", config.rope_theta},
      {"rope_scaling", RopeScalingJson(config)},
      {"tie_word_embeddings", config.tie_word_embeddings},
      {"bos_token_id", OptionalJson(config.bos_token_id)},
      {"eos_token_id", EosJson(config.eos_token_ids)},
      {"pad_token_id", OptionalJson(config.pad_token_id)},
      {"initializer_range", config.initializer_range},
      {"torch_dtype", dtype}};
  AddOwnFields(config, root);
  if (!IsUniform(config)) root[kPerLayerField] = PerLayerArrays(config);
  return root.dump(2) + "\n";
}

bool IsUniform(const LlamaConfig& config) {
  return std::ranges::all_of(config.layers, [&](const LayerShape& layer) {
    return layer == config.layers.front();
  });
}

bool HasStockShape(const LlamaConfig& config) {
  if (!IsUniform(config)) return false;
  return !config.architecture->heads_divide_hidden ||
         config.hidden_size % config.layers.front().num_heads == 0;
}

int64_t NumParameters(const LlamaConfig& config) {
  const int64_t embedding = config.vocab_size * config.hidden_size;
  int64_t total = config.tie_word_embeddings ? embedding : 2 * embedding;
  for (int layer = 0; layer < config.num_layers(); ++layer) {
    for (const LayerTensor& tensor : LayerTensors(config)) {
      int64_t size = 1;
      for (int64_t n : TensorShape(config, layer, tensor)) size *= n;
      total += size;
    }
  }
  return total + config.hidden_size;  // the last norm
}

const char* ProjectionName(Projection projection) {
  static constexpr std::array<const char*, kNumProjections> kNames = {
      "self_attn.q_proj",
      "self_attn.k_proj",
      "self_attn.v_proj",
      "self_attn.o_proj",
      "mlp.gate_proj",
      "mlp.up_proj",
      "mlp.down_proj"};
  return kNames.at(static_cast<size_t>(projection));
}

MatrixShape ProjectionShape(const LlamaConfig& config,
                            int layer,
                            Projection projection) {
  const std::string name = std::string(ProjectionName(projection)) + ".weight";
  for (const LayerTensor& tensor : LayerTensors(config)) {
    if (tensor.name != name) continue;
    const std::vector<int64_t> shape = TensorShape(config, layer, tensor);
    return {shape[0], shape[1]};
  }
  RA_CHECK(false) << config.architecture->model_type << " has no " << name;
  return {};
}

}  // namespace rankadaptor::llama
