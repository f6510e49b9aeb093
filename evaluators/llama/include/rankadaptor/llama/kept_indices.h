// KeptIndices says what is left of a model after pruning: for each layer the
// old indices of the heads and MLP channels that stay. A layer of which nothing
// stays goes as a whole, norms and all. It is saved beside a pruned model as
// kept_indices.json and can be given instead of being computed:
//
//   {"layers": [{"kept_q_heads": [0, 1, 4, 5], "kept_kv_heads": [0, 2],
//                "kept_mlp": [0, 3, 7]}, ...]}
//
// Indices count in the model that was pruned; in a saved file, where that one
// had been pruned too, in the first, dense one. Thread-safety: plain values.
#ifndef RANKADAPTOR_LLAMA_KEPT_INDICES_H_
#define RANKADAPTOR_LLAMA_KEPT_INDICES_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model_config.h"

namespace rankadaptor::llama {

// All ascending, without repeats; none empty, or all three.
struct KeptLayer {
  std::vector<int64_t> q_heads;  // all heads of the kept KV heads, no other
  std::vector<int64_t> kv_heads;
  std::vector<int64_t> mlp_channels;

  bool removed() const {
    return q_heads.empty() && kv_heads.empty() && mlp_channels.empty();
  }
  friend bool operator==(const KeptLayer&, const KeptLayer&) = default;
};

struct KeptIndices {
  // One per layer of the model before pruning, pruned or not.
  std::vector<KeptLayer> layers;

  friend bool operator==(const KeptIndices&, const KeptIndices&) = default;
};

// The query heads that attend with these KV heads: KV head h serves the
// consecutive heads h*n .. h*n+n-1, n = num_heads / num_kv_heads.
std::vector<int64_t> QueryHeadsOf(std::span<const int64_t> kv_heads,
                                  const LayerShape& shape);

// The map that removes nothing.
KeptIndices KeepEverything(const LlamaConfig& config);

// The map that removes whole layers, those named in `removed`.
KeptIndices RemoveLayers(const LlamaConfig& config,
                         std::span<const int> removed);

// The old indices of the layers that stay, ascending.
std::vector<int> KeptLayerIndices(const KeptIndices& kept);

// `first`, then `second`, which fits what `first` leaves, as one map.
KeptIndices Compose(const KeptIndices& first, const KeptIndices& second);

// kInvalidArgument names the layer, the list and the value that does not fit a
// model of this shape.
Status CheckKeptIndices(const KeptIndices& kept, const LlamaConfig& config);

// The shape of the pruned model. `kept` must fit `config`.
LlamaConfig PrunedConfig(const LlamaConfig& config, const KeptIndices& kept);

// The JSON above. ParseKeptIndices checks the form only (kDataLoss for broken
// JSON, kInvalidArgument for missing or unknown fields and values that are not
// integers); `file` is used in messages.
std::string FormatKeptIndices(const KeptIndices& kept);
Result<KeptIndices> ParseKeptIndices(std::string_view json,
                                     const std::filesystem::path& file);
Result<KeptIndices> ReadKeptIndices(const std::filesystem::path& file);

// `kept`, which counts in the model of `folder`, counted in the dense model
// that this one was pruned from if there is a kept_indices.json in `folder`.
// kInvalidArgument if that file does not belong to the model beside it.
Result<KeptIndices> InDenseModel(const KeptIndices& kept,
                                 const std::filesystem::path& folder);

// The config of the dense model that the model of `folder` was pruned from
// (dense_config.json, which SavePruned() writes), else its own.
Result<LlamaConfig> LoadDenseConfig(const std::filesystem::path& folder);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_KEPT_INDICES_H_
