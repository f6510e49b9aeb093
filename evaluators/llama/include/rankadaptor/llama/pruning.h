// Width pruning: takes whole attention heads and MLP channels out of chosen
// layers, as LLM-Pruner's block-wise mode does (spec 1). Which ones is decided
// by a first-order Taylor estimate of how much the loss on calibration windows
// depends on them; the residual width stays.
//
//   WidthPruneOptions options;
//   options.ratio = 0.25;
//   options.attention_layers = options.mlp_layers = {4, 30};
//   RA_ASSIGN_OR_RETURN(auto pruned, Prune(model, windows, options));
//   RA_RETURN_IF_ERROR(SavePruned(pruned.model, pruned.kept, dir, out, dtype));
//
// A result of another program goes in through ApplyKept (kept_indices.h).
// Thread-safety: functions of their arguments; models are not changed.
#ifndef RANKADAPTOR_LLAMA_PRUNING_H_
#define RANKADAPTOR_LLAMA_PRUNING_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/graph/group_ranking.h"
#include "rankadaptor/llama/calibration.h"
#include "rankadaptor/llama/kept_indices.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/model_config.h"

namespace rankadaptor::llama {

// Layers [begin, end), counted from 0.
struct LayerRange {
  int begin = 0;
  int end = 0;

  bool contains(int layer) const { return begin <= layer && layer < end; }
};

struct WidthPruneOptions {
  // Fraction of the KV heads and of the MLP channels of each layer in range
  // that goes, in [0, 1); rounded as spec 1.7 says, so that the share of all
  // parameters that really goes is another one (see PruneReport).
  double ratio = 0.25;
  LayerRange attention_layers;
  LayerRange mlp_layers;
  // kTiled only to repeat results of LLM-Pruner on models with grouped queries.
  graph::Fold gqa_fold = graph::Fold::kConsecutive;
};

// A part of a layer in range that stays whole, and why.
struct SkippedPart {
  int layer = 0;
  std::string part;    // "attention" or "mlp"
  std::string reason;  // "0.1 of 4 heads is less than one head"
};

// What pruning with these options leaves, known from the shapes alone.
struct WidthPrunePlan {
  LlamaConfig config;
  std::vector<SkippedPart> skipped;
};

// kInvalidArgument names the option that is out of range.
Result<WidthPrunePlan> PlanWidthPruning(const LlamaConfig& config,
                                        const WidthPruneOptions& options);

// Scores of one layer; the lower, the less the loss depends on it. Vectors are
// empty where the layer is out of range.
struct LayerImportance {
  std::vector<double> kv_channels;   // [num_kv_heads * head_dim]
  std::vector<double> kv_heads;      // [num_kv_heads], sums of kv_channels
  std::vector<double> mlp_channels;  // [intermediate_size]
};

struct Importance {
  double loss = 0;  // mean next-token cross-entropy of all windows, in nats
  std::vector<LayerImportance> layers;
};

// LLM-Pruner's `param_first`: the score of a channel is the sum of |w * dL/dw|
// over its weights, that of a group the sum over its members (spec 1.4 - 1.6).
// One backward pass in fp32 (a bf16 model is converted, which takes memory for
// a second copy), gradients for the weights in range only. kInvalidArgument if
// options or windows do not fit the model or the loss is not finite.
Result<Importance> ComputeImportance(const Model& model,
                                     const TokenWindows& windows,
                                     const WidthPruneOptions& options);

// The indices that stay when the lowest-scored heads and channels go. Of equal
// scores the lower index goes first. `importance` must come from a model of
// this shape and the same layer ranges.
Result<KeptIndices> SelectKept(const LlamaConfig& config,
                               const Importance& importance,
                               const WidthPruneOptions& options);

// The model with only the kept heads and channels; layers that stay whole share
// their weights with `model`. kInvalidArgument as CheckKeptIndices.
Result<Model> ApplyKept(const Model& model, const KeptIndices& kept);

struct PruneReport {
  int64_t parameters_before = 0;
  int64_t parameters_after = 0;
  std::vector<LayerShape> layers;  // after pruning
  std::vector<SkippedPart> skipped;

  // Share of all parameters that went.
  double removed_fraction() const {
    return 1.0 - static_cast<double>(parameters_after) /
                     static_cast<double>(parameters_before);
  }
};

struct PruneResult {
  Model model;
  KeptIndices kept;
  PruneReport report;
};

// ComputeImportance, SelectKept and ApplyKept in one call.
Result<PruneResult> Prune(const Model& model,
                          const TokenWindows& windows,
                          const WidthPruneOptions& options);

// Writes a Hugging Face folder that Model::Load reads: config.json with the
// shape of each layer, model.safetensors as `dtype`, kept_indices.json, and the
// tokenizer files that `source_folder` has. Nothing is left behind on failure;
// kAlreadyExists if `folder` is there and not empty.
Status SavePruned(const Model& pruned,
                  const KeptIndices& kept,
                  const std::filesystem::path& source_folder,
                  const std::filesystem::path& folder,
                  Dtype dtype);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_PRUNING_H_
