// From a ratio to counts and from scores to indices (spec 1.7).
#include <cmath>

#include "rankadaptor/llama/pruning.h"

#include "evaluators/llama/pruning/couplings.h"

namespace rankadaptor::llama {
namespace {

using internal::FindLayerGroups;
using internal::LayerGroups;

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

Status CheckOptions(const WidthPruneOptions& options, int num_layers) {
  // Written so that NaN fails.
  if (!(options.ratio >= 0 && options.ratio < 1)) {
    return InvalidArgument("ratio = " + std::to_string(options.ratio) +
                           " is outside [0, 1)");
  }
  RA_RETURN_IF_ERROR(
      CheckRange(options.attention_layers, num_layers, "attention_layers"));
  return CheckRange(options.mlp_layers, num_layers, "mlp_layers");
}

// The number of groups that go: the root's indices that go are counted first,
// truncating in double arithmetic, then as many whole groups as fit.
int64_t NumRemovedGroups(const graph::CoupledGroups& groups, double ratio) {
  const int64_t size = groups.root().size;
  const auto kept =
      static_cast<int64_t>(static_cast<double>(size) * (1.0 - ratio));
  return (size - kept) / groups.root().indices_per_group;
}

// How many groups go, or why the part stays whole.
struct PartPlan {
  int64_t num_removed = 0;
  std::string skip_reason;
};

PartPlan PlanPart(const graph::CoupledGroups& groups,
                  double ratio,
                  const std::string& unit) {
  const int64_t removed = NumRemovedGroups(groups, ratio);
  const std::string total = std::to_string(groups.num_groups) + " " + unit;
  if (removed == 0) {
    return {0,
            "ratio " + std::to_string(ratio) + " of " + total +
                " is less than one"};
  }
  if (removed == groups.num_groups) {
    return {0, "ratio " + std::to_string(ratio) + " would remove all " + total};
  }
  return {removed, ""};
}

struct LayerPlan {
  PartPlan attention;
  PartPlan mlp;
};

LayerPlan PlanLayer(const LayerGroups& groups,
                    int layer,
                    const WidthPruneOptions& options) {
  LayerPlan plan;
  if (options.attention_layers.contains(layer)) {
    plan.attention = PlanPart(groups.attention, options.ratio, "KV heads");
  }
  if (options.mlp_layers.contains(layer)) {
    plan.mlp = PlanPart(groups.mlp, options.ratio, "channels");
  }
  return plan;
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
                              const LayerPlan& plan,
                              const std::string& where) {
  KeptLayer kept;
  RA_ASSIGN_OR_RETURN(kept.kv_heads,
                      KeptGroups(scores.kv_heads,
                                 shape.num_kv_heads,
                                 plan.attention.num_removed,
                                 where + "attention"));
  RA_ASSIGN_OR_RETURN(kept.mlp_channels,
                      KeptGroups(scores.mlp_channels,
                                 shape.intermediate_size,
                                 plan.mlp.num_removed,
                                 where + "mlp"));
  kept.q_heads = QueryHeadsOf(kept.kv_heads, shape);
  return kept;
}

}  // namespace

Result<WidthPrunePlan> PlanWidthPruning(const LlamaConfig& config,
                                        const WidthPruneOptions& options) {
  RA_RETURN_IF_ERROR(CheckOptions(options, config.num_layers()));
  RA_ASSIGN_OR_RETURN(const std::vector<LayerGroups> groups,
                      FindLayerGroups(config));
  WidthPrunePlan plan{config, {}};
  for (int i = 0; i < config.num_layers(); ++i) {
    const LayerPlan layer = PlanLayer(groups[i], i, options);
    LayerShape& shape = plan.config.layers[i];
    const int64_t heads_served = shape.num_heads / shape.num_kv_heads;
    shape.num_kv_heads -= layer.attention.num_removed;
    shape.num_heads = shape.num_kv_heads * heads_served;
    shape.intermediate_size -= layer.mlp.num_removed;
    for (const auto& [name, part] : {std::pair("attention", layer.attention),
                                     std::pair("mlp", layer.mlp)}) {
      if (!part.skip_reason.empty()) {
        plan.skipped.push_back({i, name, part.skip_reason});
      }
    }
  }
  return plan;
}

Result<KeptIndices> SelectKept(const LlamaConfig& config,
                               const Importance& importance,
                               const WidthPruneOptions& options) {
  RA_RETURN_IF_ERROR(CheckOptions(options, config.num_layers()));
  if (importance.layers.size() != config.layers.size()) {
    return InvalidArgument(
        "importance has " + std::to_string(importance.layers.size()) +
        " layers, the model " + std::to_string(config.layers.size()));
  }
  RA_ASSIGN_OR_RETURN(const std::vector<LayerGroups> groups,
                      FindLayerGroups(config));
  KeptIndices kept;
  for (int i = 0; i < config.num_layers(); ++i) {
    RA_ASSIGN_OR_RETURN(KeptLayer layer,
                        SelectLayer(config.layers[i],
                                    importance.layers[i],
                                    PlanLayer(groups[i], i, options),
                                    "layer " + std::to_string(i) + ", "));
    kept.layers.push_back(std::move(layer));
  }
  return kept;
}

}  // namespace rankadaptor::llama
