// From a ratio to counts and from scores to indices (spec 1.7).
#include <cmath>

#include "rankadaptor/llama/pruning.h"

#include "evaluators/llama/pruning/removal_counts.h"

namespace rankadaptor::llama {
namespace {

using internal::LayerCount;
using internal::RemovalStep;

Status CheckRange(const LayerRange& range,
                  int num_layers,
                  const std::string& name) {
  if (range.begin < 0 || range.begin > range.end || range.end > num_layers) {
    return InvalidArgument(name + " = [" + std::to_string(range.begin) + ", " +
                           std::to_string(range.end) +
                           ") is not a range within the model's [0, " +
                           std::to_string(num_layers) + ")");
  }
  return {};
}

Status CheckAtLeastOne(int64_t value, const std::string& name) {
  if (value >= 1) return {};
  return InvalidArgument(name + " = " + std::to_string(value) + " is below 1");
}

Status CheckImportance(const LlamaConfig& config,
                       const Importance& importance) {
  if (importance.layers.size() == config.layers.size()) return {};
  return InvalidArgument(
      "importance has " + std::to_string(importance.layers.size()) +
      " layers, the model " + std::to_string(config.layers.size()));
}

// The groups that stay when the lowest-scored ones go.
Result<std::vector<int64_t>> KeptGroups(const std::vector<double>& scores,
                                        int64_t num_groups,
                                        int64_t num_removed,
                                        const std::string& where) {
  if (num_removed == 0) return graph::Complement({}, num_groups);
  if (static_cast<int64_t>(scores.size()) != num_groups) {
    return InvalidArgument(where + ": importance has " +
                           std::to_string(scores.size()) + " scores for " +
                           std::to_string(num_groups) + " groups");
  }
  auto removed = graph::LowestScored(scores, num_removed);
  if (!removed.has_value()) return InContext(where, removed.error());
  return graph::Complement(*removed, num_groups);
}

Result<KeptLayer> SelectLayer(const LayerShape& shape,
                              const LayerImportance& scores,
                              const LayerCount& count,
                              const std::string& where) {
  KeptLayer kept;
  RA_ASSIGN_OR_RETURN(kept.kv_heads,
                      KeptGroups(scores.kv_heads,
                                 shape.num_kv_heads,
                                 count.attention.num_removed,
                                 where + "attention"));
  RA_ASSIGN_OR_RETURN(kept.mlp_channels,
                      KeptGroups(scores.mlp_channels,
                                 shape.intermediate_size,
                                 count.mlp.num_removed,
                                 where + "mlp"));
  kept.q_heads = QueryHeadsOf(kept.kv_heads, shape);
  return kept;
}

}  // namespace

Status CheckWidthPruneOptions(const LlamaConfig& config,
                              const WidthPruneOptions& options) {
  // Written so that NaN fails.
  if (!(options.ratio >= 0 && options.ratio < 1)) {
    return InvalidArgument("ratio = " + std::to_string(options.ratio) +
                           " is outside [0, 1)");
  }
  RA_RETURN_IF_ERROR(CheckAtLeastOne(options.num_steps, "num_steps"));
  RA_RETURN_IF_ERROR(
      CheckAtLeastOne(options.channel_multiple, "channel_multiple"));
  const int num_layers = config.num_layers();
  RA_RETURN_IF_ERROR(
      CheckRange(options.attention_layers, num_layers, "attention_layers"));
  return CheckRange(options.mlp_layers, num_layers, "mlp_layers");
}

Result<WidthPrunePlan> PlanWidthPruning(const LlamaConfig& config,
                                        const WidthPruneOptions& options) {
  RA_RETURN_IF_ERROR(CheckWidthPruneOptions(config, options));
  if (options.scope == PruneScope::kGlobal) {
    return InvalidArgument(
        "scope = global leaves widths that depend on the weights, so they "
        "cannot be told beforehand");
  }
  WidthPrunePlan plan{config, {}};
  for (int i = 1; i <= options.num_steps; ++i) {
    const std::vector<LayerCount> counts = internal::CountLocally(
        {config, plan.config, internal::RatioAfter(i, options)}, options);
    internal::ApplyCounts(counts, &plan.config);
    plan.skipped = internal::SkippedParts(counts, config, plan.config);
  }
  return plan;
}

Result<KeptIndices> internal::SelectInStep(const RemovalStep& step,
                                           const Importance& importance,
                                           const WidthPruneOptions& options,
                                           std::vector<LayerCount>* counts) {
  RA_RETURN_IF_ERROR(CheckImportance(step.current, importance));
  if (options.scope == PruneScope::kGlobal) {
    RA_ASSIGN_OR_RETURN(*counts, CountGlobally(step, importance, options));
  } else {
    *counts = CountLocally(step, options);
  }
  return SelectByCounts(step.current, importance, *counts);
}

Result<KeptIndices> internal::SelectByCounts(
    const LlamaConfig& config,
    const Importance& importance,
    const std::vector<LayerCount>& counts) {
  RA_RETURN_IF_ERROR(CheckImportance(config, importance));
  KeptIndices kept;
  for (int i = 0; i < config.num_layers(); ++i) {
    RA_ASSIGN_OR_RETURN(KeptLayer layer,
                        SelectLayer(config.layers[i],
                                    importance.layers[i],
                                    counts[i],
                                    "layer " + std::to_string(i) + ", "));
    kept.layers.push_back(std::move(layer));
  }
  return kept;
}

Result<KeptIndices> SelectKept(const LlamaConfig& config,
                               const Importance& importance,
                               const WidthPruneOptions& options) {
  RA_RETURN_IF_ERROR(CheckWidthPruneOptions(config, options));
  std::vector<LayerCount> counts;
  return internal::SelectInStep(
      {config, config, options.ratio}, importance, options, &counts);
}

}  // namespace rankadaptor::llama
