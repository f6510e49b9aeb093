#include <string>

#include "rankadaptor/llama/sparsity.h"

#include "evaluators/llama/pruning/removal_counts.h"

namespace rankadaptor::llama {
namespace {

using internal::LayerCount;

Status CheckRatios(const LlamaConfig& config,
                   const std::vector<double>& ratios) {
  if (std::ssize(ratios) != config.num_layers()) {
    return InvalidArgument(std::to_string(ratios.size()) +
                           " ratios for a model of " +
                           std::to_string(config.num_layers()) + " layers");
  }
  for (size_t i = 0; i < ratios.size(); ++i) {
    // Written so that NaN fails.
    if (ratios[i] >= 0 && ratios[i] < 1) continue;
    return InvalidArgument("layer " + std::to_string(i) + ": ratio " +
                           std::to_string(ratios[i]) + " is outside [0, 1)");
  }
  return {};
}

// A part that would go whole stays in plain width pruning; among ratios to
// choose from, that would make the largest the one that prunes least.
Status CheckSomethingStays(const LayerCount& count, int layer) {
  for (const internal::PartCount* part : {&count.attention, &count.mlp}) {
    if (!part->all_would_go) continue;
    return InvalidArgument("layer " + std::to_string(layer) + ": " +
                           part->skip_reason + "; at least one must stay");
  }
  return {};
}

Result<std::vector<LayerCount>> CountByRatios(
    const LlamaConfig& config,
    const std::vector<double>& ratios,
    const WidthPruneOptions& options) {
  RA_RETURN_IF_ERROR(CheckRatios(config, ratios));
  RA_RETURN_IF_ERROR(CheckWidthPruneOptions(config, options));
  std::vector<LayerCount> counts;
  for (int i = 0; i < config.num_layers(); ++i) {
    counts.push_back(internal::CountLayer(
        {config, config, ratios[static_cast<size_t>(i)]}, i, options));
    RA_RETURN_IF_ERROR(CheckSomethingStays(counts.back(), i));
  }
  return counts;
}

}  // namespace

Result<LlamaConfig> PlanLayerRatios(const LlamaConfig& config,
                                    const std::vector<double>& ratios,
                                    const WidthPruneOptions& options) {
  RA_ASSIGN_OR_RETURN(const std::vector<LayerCount> counts,
                      CountByRatios(config, ratios, options));
  LlamaConfig left = config;
  internal::ApplyCounts(counts, &left);
  return left;
}

Result<KeptIndices> SelectByRatios(const LlamaConfig& config,
                                   const Importance& importance,
                                   const std::vector<double>& ratios,
                                   const WidthPruneOptions& options) {
  RA_ASSIGN_OR_RETURN(const std::vector<LayerCount> counts,
                      CountByRatios(config, ratios, options));
  return internal::SelectByCounts(config, importance, counts);
}

}  // namespace rankadaptor::llama
