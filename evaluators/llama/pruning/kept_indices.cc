#include "rankadaptor/llama/kept_indices.h"

#include <algorithm>
#include <numeric>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/check.h"
#include "rankadaptor/common/file.h"

#include "evaluators/llama/checkpoint/strict_json.h"

namespace rankadaptor::llama {
namespace {

using nlohmann::json;

// Beyond every model; the real bound is CheckKeptIndices'.
constexpr int64_t kMaxIndex = int64_t{1} << 31;

struct Field {
  const char* name;
  std::vector<int64_t> KeptLayer::*list;
};
constexpr Field kFields[] = {{"kept_q_heads", &KeptLayer::q_heads},
                             {"kept_kv_heads", &KeptLayer::kv_heads},
                             {"kept_mlp", &KeptLayer::mlp_channels}};

std::vector<int64_t> UpTo(int64_t size) {
  std::vector<int64_t> all(size);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// The entries of `values` at `positions`.
std::vector<int64_t> Chosen(const std::vector<int64_t>& values,
                            const std::vector<int64_t>& positions) {
  std::vector<int64_t> chosen;
  for (int64_t position : positions) {
    chosen.push_back(values.at(static_cast<size_t>(position)));
  }
  return chosen;
}

Status CheckList(const std::vector<int64_t>& list,
                 int64_t size,
                 const std::string& where) {
  if (list.empty()) {
    return InvalidArgument(where +
                           " is empty, at least one index must stay (or none "
                           "of the three lists, where the layer goes)");
  }
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string entry =
        where + "[" + std::to_string(i) + "] = " + std::to_string(list[i]);
    if (list[i] < 0 || list[i] >= size) {
      return InvalidArgument(entry + " is outside 0.." +
                             std::to_string(size - 1));
    }
    if (i > 0 && list[i] <= list[i - 1]) {
      return InvalidArgument(entry + " does not exceed the index before it");
    }
  }
  return {};
}

Status CheckLayer(const KeptLayer& kept,
                  const LayerShape& shape,
                  const std::string& where) {
  if (kept.removed()) return {};
  RA_RETURN_IF_ERROR(
      CheckList(kept.kv_heads, shape.num_kv_heads, where + "kept_kv_heads"));
  RA_RETURN_IF_ERROR(
      CheckList(kept.q_heads, shape.num_heads, where + "kept_q_heads"));
  RA_RETURN_IF_ERROR(CheckList(
      kept.mlp_channels, shape.intermediate_size, where + "kept_mlp"));
  if (kept.q_heads != QueryHeadsOf(kept.kv_heads, shape)) {
    return InvalidArgument(
        where +
        "kept_q_heads are not the query heads of kept_kv_heads: each KV head "
        "serves " +
        std::to_string(shape.num_heads / shape.num_kv_heads) +
        " consecutive ones");
  }
  return {};
}

// Every index of `second` has its place in what `first` leaves.
bool Fits(const KeptIndices& second, const KeptIndices& first) {
  const std::vector<int> remaining = KeptLayerIndices(first);
  if (remaining.size() != second.layers.size()) return false;
  for (size_t i = 0; i < remaining.size(); ++i) {
    const KeptLayer& layer = first.layers[static_cast<size_t>(remaining[i])];
    for (const Field& field : kFields) {
      const std::vector<int64_t>& chosen = second.layers[i].*field.list;
      if (!chosen.empty() && chosen.back() >= std::ssize(layer.*field.list)) {
        return false;
      }
    }
  }
  return true;
}

std::string LayerName(size_t layer) {
  return "layers[" + std::to_string(layer) + "]";
}

Result<KeptLayer> ParseLayer(const json& layer, const std::string& where) {
  if (!layer.is_object() || layer.size() != std::size(kFields)) {
    return InvalidArgument(
        where + " must have exactly kept_q_heads, kept_kv_heads and kept_mlp");
  }
  const internal::JsonFields fields(layer, where);
  KeptLayer kept;
  for (const Field& field : kFields) {
    RA_ASSIGN_OR_RETURN(kept.*field.list,
                        fields.Integers(field.name, {0, kMaxIndex}));
  }
  return kept;
}

}  // namespace

std::vector<int64_t> QueryHeadsOf(std::span<const int64_t> kv_heads,
                                  const LayerShape& shape) {
  const int64_t served = shape.num_heads / shape.num_kv_heads;
  std::vector<int64_t> heads;
  for (int64_t kv_head : kv_heads) {
    for (int64_t i = 0; i < served; ++i) heads.push_back(kv_head * served + i);
  }
  return heads;
}

KeptIndices KeepEverything(const LlamaConfig& config) {
  KeptIndices kept;
  for (const LayerShape& shape : config.layers) {
    kept.layers.push_back({UpTo(shape.num_heads),
                           UpTo(shape.num_kv_heads),
                           UpTo(shape.intermediate_size)});
  }
  return kept;
}

KeptIndices RemoveLayers(const LlamaConfig& config,
                         std::span<const int> removed) {
  KeptIndices kept = KeepEverything(config);
  for (int layer : removed) kept.layers.at(static_cast<size_t>(layer)) = {};
  return kept;
}

std::vector<int> KeptLayerIndices(const KeptIndices& kept) {
  std::vector<int> indices;
  for (size_t i = 0; i < kept.layers.size(); ++i) {
    if (!kept.layers[i].removed()) indices.push_back(static_cast<int>(i));
  }
  return indices;
}

KeptIndices Compose(const KeptIndices& first, const KeptIndices& second) {
  KeptIndices composed = first;
  const std::vector<int> remaining = KeptLayerIndices(first);
  RA_CHECK(remaining.size() == second.layers.size()) << remaining.size();
  for (size_t i = 0; i < remaining.size(); ++i) {
    KeptLayer& layer = composed.layers[static_cast<size_t>(remaining[i])];
    for (const Field& field : kFields) {
      layer.*field.list =
          Chosen(layer.*field.list, second.layers[i].*field.list);
    }
  }
  return composed;
}

Status CheckKeptIndices(const KeptIndices& kept, const LlamaConfig& config) {
  if (kept.layers.size() != config.layers.size()) {
    return InvalidArgument("layers has " + std::to_string(kept.layers.size()) +
                           " entries, the model has " +
                           std::to_string(config.layers.size()) + " layers");
  }
  for (size_t i = 0; i < kept.layers.size(); ++i) {
    RA_RETURN_IF_ERROR(
        CheckLayer(kept.layers[i], config.layers[i], LayerName(i) + "."));
  }
  if (std::ranges::all_of(kept.layers, &KeptLayer::removed)) {
    return InvalidArgument(
        "layers are all empty, at least one layer must stay");
  }
  return {};
}

LlamaConfig PrunedConfig(const LlamaConfig& config, const KeptIndices& kept) {
  LlamaConfig pruned = config;
  pruned.layers.clear();
  for (const KeptLayer& layer : kept.layers) {
    if (layer.removed()) continue;
    pruned.layers.push_back({std::ssize(layer.q_heads),
                             std::ssize(layer.kv_heads),
                             std::ssize(layer.mlp_channels)});
  }
  return pruned;
}

std::string FormatKeptIndices(const KeptIndices& kept) {
  json layers = json::array();
  for (const KeptLayer& layer : kept.layers) {
    json& entry = layers.emplace_back(json::object());
    for (const Field& field : kFields) entry[field.name] = layer.*field.list;
  }
  return json{{"layers", std::move(layers)}}.dump() + "\n";
}

Result<KeptIndices> ParseKeptIndices(std::string_view text,
                                     const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(const json root,
                      internal::ParseJsonObject(text, file.string()));
  if (root.size() != 1 || !root.contains("layers") ||
      !root["layers"].is_array()) {
    return InvalidArgument(file.string() +
                           ": must have the list \"layers\" and nothing else");
  }
  KeptIndices kept;
  for (const json& layer : root["layers"]) {
    RA_ASSIGN_OR_RETURN(
        KeptLayer parsed,
        ParseLayer(layer,
                   file.string() + ": " + LayerName(kept.layers.size())));
    kept.layers.push_back(std::move(parsed));
  }
  return kept;
}

Result<KeptIndices> ReadKeptIndices(const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  return ParseKeptIndices(text, file);
}

Result<KeptIndices> InDenseModel(const KeptIndices& kept,
                                 const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "kept_indices.json";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return kept;
  RA_ASSIGN_OR_RETURN(const KeptIndices before, ReadKeptIndices(file));
  if (Fits(kept, before)) return Compose(before, kept);
  return InvalidArgument(file.string() +
                         ": does not belong to the model beside it");
}

Result<LlamaConfig> LoadDenseConfig(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "dense_config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return LoadLlamaConfig(folder);
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  return ParseLlamaConfig(text, file);
}

}  // namespace rankadaptor::llama
