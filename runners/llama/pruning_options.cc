#include "runners/llama/pruning_options.h"

#include <optional>

#include "runners/llama/llama_options.h"

namespace rankadaptor::runners {
namespace {

llama::WidthCriterion CriterionFrom(v1::WidthCriterion criterion) {
  switch (criterion) {
    case v1::WIDTH_CRITERION_PARAM_SECOND:
      return llama::WidthCriterion::kParamSecond;
    case v1::WIDTH_CRITERION_PARAM_MIX:
      return llama::WidthCriterion::kParamMix;
    case v1::WIDTH_CRITERION_VECTORIZE:
      return llama::WidthCriterion::kVectorize;
    case v1::WIDTH_CRITERION_L1:
      return llama::WidthCriterion::kL1;
    case v1::WIDTH_CRITERION_L2:
      return llama::WidthCriterion::kL2;
    case v1::WIDTH_CRITERION_RANDOM:
      return llama::WidthCriterion::kRandom;
    default:
      return llama::WidthCriterion::kParamFirst;
  }
}

std::optional<graph::Reduction> ReductionFrom(v1::GroupReduction reduction) {
  switch (reduction) {
    case v1::GROUP_REDUCTION_SUM:
      return graph::Reduction::kSum;
    case v1::GROUP_REDUCTION_MEAN:
      return graph::Reduction::kMean;
    case v1::GROUP_REDUCTION_MAX:
      return graph::Reduction::kMax;
    case v1::GROUP_REDUCTION_PROD:
      return graph::Reduction::kProduct;
    case v1::GROUP_REDUCTION_FIRST:
      return graph::Reduction::kFirst;
    case v1::GROUP_REDUCTION_SECOND:
      return graph::Reduction::kSecond;
    default:
      return std::nullopt;
  }
}

llama::BlockCriterion CriterionFrom(v1::BlockCriterion criterion) {
  switch (criterion) {
    case v1::BLOCK_CRITERION_MAGNITUDE:
      return llama::BlockCriterion::kMagnitude;
    case v1::BLOCK_CRITERION_PPL:
      return llama::BlockCriterion::kPerplexity;
    default:
      return llama::BlockCriterion::kTaylor;
  }
}

}  // namespace

Result<llama::WidthPruneOptions> WidthPruneOptionsFrom(
    const v1::WidthPruning& pruning, const ConfigField& field) {
  llama::WidthPruneOptions options;
  options.ratio = pruning.ratio();
  RA_ASSIGN_OR_RETURN(
      options.attention_layers,
      LayerRangeFrom(pruning.attention_layers(), field["attention_layers"]));
  RA_ASSIGN_OR_RETURN(
      options.mlp_layers,
      LayerRangeFrom(pruning.mlp_layers(), field["mlp_layers"]));
  if (pruning.gqa_fold() == v1::GQA_FOLD_TILED) {
    options.gqa_fold = graph::Fold::kTiled;
  }
  options.criterion = CriterionFrom(pruning.criterion());
  if (pruning.second_order() == v1::SECOND_ORDER_SUM) {
    options.second_order = llama::SecondOrder::kSum;
  }
  options.reduction = ReductionFrom(pruning.reduction());
  if (pruning.scope() == v1::PRUNE_SCOPE_GLOBAL) {
    options.scope = llama::PruneScope::kGlobal;
  }
  if (pruning.has_num_steps()) {
    options.num_steps = static_cast<int>(pruning.num_steps());
  }
  if (pruning.has_channel_multiple()) {
    options.channel_multiple = pruning.channel_multiple();
  }
  options.seed = pruning.seed();
  return options;
}

llama::DepthPruneOptions DepthPruneOptionsFrom(
    const v1::DepthPruning& pruning) {
  llama::DepthPruneOptions options;
  if (pruning.has_num_blocks()) {
    options.num_blocks = static_cast<int>(pruning.num_blocks());
  }
  if (pruning.has_ratio()) options.ratio = pruning.ratio();
  options.criterion = CriterionFrom(pruning.criterion());
  if (pruning.has_norm_power()) {
    options.norm_power = static_cast<int>(pruning.norm_power());
  }
  if (pruning.has_num_protected_first()) {
    options.num_protected_first =
        static_cast<int>(pruning.num_protected_first());
  }
  if (pruning.has_num_protected_last()) {
    options.num_protected_last = static_cast<int>(pruning.num_protected_last());
  }
  return options;
}

llama::CalibrationOptions CalibrationOptionsFrom(
    const v1::Calibration& calibration, int64_t window_tokens) {
  llama::CalibrationOptions options;
  options.window_tokens = window_tokens;
  if (calibration.has_num_windows()) {
    options.num_windows = calibration.num_windows();
  }
  if (calibration.has_window_tokens()) {
    options.window_tokens = calibration.window_tokens();
  }
  if (calibration.has_seed()) options.seed = calibration.seed();
  options.unit = calibration.unit() == v1::CALIBRATION_UNIT_FILE
                     ? llama::CalibrationUnit::kFile
                     : llama::CalibrationUnit::kLine;
  return options;
}

}  // namespace rankadaptor::runners
