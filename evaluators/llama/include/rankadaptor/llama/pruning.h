// Width pruning: takes whole attention heads and MLP channels out of chosen
// layers, as LLM-Pruner's block-wise mode does (spec 1). Which ones is decided
// by a Taylor estimate of how much the loss on calibration windows depends on
// them, or by the size of their weights; the residual width stays.
//
//   WidthPruneOptions options;
//   options.ratio = 0.25;
//   options.attention_layers = options.mlp_layers = {4, 30};
//   RA_ASSIGN_OR_RETURN(auto pruned, Prune(model, windows, options));
//   RA_RETURN_IF_ERROR(SavePruned(pruned.model, pruned.kept, dir, out, dtype));
//
// Whole layers go by depth_pruning.h. A result of another program goes in
// through ApplyKept (kept_indices.h).
// Thread-safety: functions of their arguments; models are not changed.
#ifndef RANKADAPTOR_LLAMA_PRUNING_H_
#define RANKADAPTOR_LLAMA_PRUNING_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
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

// By what a weight W with the gradient g = dL/dW of the calibration loss counts
// (spec 1.4, 1.5). The names are LLM-Pruner's; a channel's score is the sum
// over its weights.
enum class WidthCriterion {
  kParamFirst,   // |W g|
  kParamSecond,  // |W acc W|, acc the mean of the windows' squared gradients
  kParamMix,     // |W g - W acc W / 2|
  kVectorize,    // |sum of W g over the channel|
  kL1,           // |W|
  kL2,           // W^2
  kRandom,       // a random number for each channel
};

// acc of the second-order criteria over N windows.
enum class SecondOrder {
  kMean,  // (1/N) sum of g_j^2: LLM-Pruner's code
  kSum,   // sum of g_j^2: the paper's Equation 2, N times as large
};

// Whose scores compete.
enum class PruneScope {
  kLocal,   // each layer loses the same fraction of its heads and channels
  kGlobal,  // all heads and channels of all layers are ranked together
};

struct WidthPruneOptions {
  // Fraction of the KV heads and of the MLP channels of each layer in range
  // that goes, in [0, 1); rounded as spec 1.7 says, so that the share of all
  // parameters that really goes is another one (see PruneReport). Of the heads
  // and channels together with kGlobal (spec 1.8).
  double ratio = 0.25;
  LayerRange attention_layers;
  LayerRange mlp_layers;
  // kTiled only to repeat results of LLM-Pruner on models with grouped queries.
  graph::Fold gqa_fold = graph::Fold::kConsecutive;
  WidthCriterion criterion = WidthCriterion::kParamFirst;
  SecondOrder second_order = SecondOrder::kMean;
  // Over the members of a group; none: sum, or mean for kL1 and kL2, which are
  // the defaults of LLM-Pruner.
  std::optional<graph::Reduction> reduction;
  PruneScope scope = PruneScope::kLocal;
  // The ratio is reached in as many equal steps, scored anew before each; the
  // calibration windows are shared out among the steps in their order.
  int num_steps = 1;
  // The number of channels that stay is rounded to the nearest multiple (at
  // least one, at most what is there). Matrix units like 8, 64 or 128.
  int64_t channel_multiple = 1;
  uint64_t seed = 0;  // of kRandom
};

// False for criteria that need no windows.
bool NeedsCalibration(WidthCriterion criterion);

// The reduction that counts for `options`.
graph::Reduction ReductionOf(const WidthPruneOptions& options);

// kInvalidArgument names the option that is out of range.
Status CheckWidthPruneOptions(const LlamaConfig& config,
                              const WidthPruneOptions& options);

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

// Errors as CheckWidthPruneOptions; kInvalidArgument for kGlobal, where the
// shapes depend on the weights.
Result<WidthPrunePlan> PlanWidthPruning(const LlamaConfig& config,
                                        const WidthPruneOptions& options);

// Scores of one layer; the lower, the less the loss depends on it. Vectors are
// empty where the layer is out of range.
struct LayerImportance {
  std::vector<double> kv_channels;   // [num_kv_heads * head_dim]
  std::vector<double> kv_heads;      // [num_kv_heads], sums of kv_channels
  std::vector<double> mlp_channels;  // [intermediate_size]
};

// Sums of |W g| and of |W acc W / 2| over the weights in range: how much the
// second-order term says beside the first.
struct TermMagnitudes {
  double first_order = 0;
  double second_order = 0;
};

struct Importance {
  // Mean next-token cross-entropy of all windows and of each, in nats; 0 and
  // empty for criteria that need no windows.
  double loss = 0;
  std::vector<double> window_losses;
  std::optional<TermMagnitudes> terms;  // of second-order criteria
  std::vector<LayerImportance> layers;
};

// The score of a channel is its reduction over the members of its group, that
// of a head the sum over its channels (spec 1.4 - 1.6). Gradients are taken in
// fp32, one layer at a time: beside the model there are one layer's weights and
// gradients (and, for second order, mean squares) in memory and the inputs of
// all layers for the windows. kInvalidArgument if options or windows do not fit
// the model or the loss is not finite; `windows` may be empty where the
// criterion needs none.
Result<Importance> ComputeImportance(const Model& model,
                                     const TokenWindows& windows,
                                     const WidthPruneOptions& options);

// The indices that stay when the lowest-scored heads and channels go, all in
// one step. Of equal scores the lower index goes first (all of them with
// kGlobal). `importance` must come from a model of this shape and the same
// layer ranges.
Result<KeptIndices> SelectKept(const LlamaConfig& config,
                               const Importance& importance,
                               const WidthPruneOptions& options);

// The model with only the kept layers, heads and channels; layers that stay
// whole share their weights with `model`. kInvalidArgument as CheckKeptIndices.
Result<Model> ApplyKept(const Model& model, const KeptIndices& kept);

struct PruneReport {
  int64_t parameters_before = 0;
  int64_t parameters_after = 0;
  std::vector<LayerShape> layers;  // after pruning
  std::vector<SkippedPart> skipped;
  std::optional<TermMagnitudes> terms;  // of the last step

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
  // Depth pruning: the layers in the order in which they would go.
  std::vector<int> block_order;
};

// ComputeImportance, SelectKept and ApplyKept in one call, for each step.
// kInvalidArgument also if the windows cannot be shared out evenly.
Result<PruneResult> Prune(const Model& model,
                          const TokenWindows& windows,
                          const WidthPruneOptions& options);

// Writes a Hugging Face folder that Model::Load reads: config.json (with the
// shape of each layer where they differ), model.safetensors as `dtype`,
// kept_indices.json, block_order.csv if there is an order, and the tokenizer
// files that `source_folder` has. Nothing is left behind on failure;
// kAlreadyExists if `folder` is there and not empty.
Status SavePruned(const Model& pruned,
                  const KeptIndices& kept,
                  const std::filesystem::path& source_folder,
                  const std::filesystem::path& folder,
                  Dtype dtype,
                  std::span<const int> block_order = {});

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_PRUNING_H_
