#include "rankadaptor/llama/depth_pruning.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/quote.h"

namespace rankadaptor::llama {
namespace {

Status CheckOptions(const LlamaConfig& config,
                    const DepthPruneOptions& options) {
  if (options.num_blocks.has_value() == options.ratio.has_value()) {
    return InvalidArgument("exactly one of num_blocks and ratio must be set");
  }
  if (options.num_blocks && *options.num_blocks < 1) {
    return InvalidArgument(
        "num_blocks = " + std::to_string(*options.num_blocks) + " is below 1");
  }
  // Written so that NaN fails.
  if (options.ratio && !(*options.ratio > 0 && *options.ratio < 1)) {
    return InvalidArgument("ratio = " + std::to_string(*options.ratio) +
                           " is outside (0, 1)");
  }
  const int first = options.num_protected_first;
  const int last = options.num_protected_last;
  if (first < 0 || last < 0 || first + last >= config.num_layers()) {
    return InvalidArgument("num_protected_first = " + std::to_string(first) +
                           " and num_protected_last = " + std::to_string(last) +
                           " leave nothing to remove of " +
                           std::to_string(config.num_layers()) + " layers");
  }
  return {};
}

Status CheckOrder(std::span<const int> order, int num_layers) {
  std::vector<bool> seen(static_cast<size_t>(num_layers), false);
  for (int block : order) {
    if (block < 0 || block >= num_layers) {
      return InvalidArgument("the order of blocks has " +
                             std::to_string(block) + ", which is outside 0.." +
                             std::to_string(num_layers - 1));
    }
    if (seen[static_cast<size_t>(block)]) {
      return InvalidArgument("the order of blocks has " +
                             std::to_string(block) + " twice");
    }
    seen[static_cast<size_t>(block)] = true;
  }
  return {};
}

int64_t BlockParameters(const LlamaConfig& config, int block) {
  const int removed[] = {block};
  return NumParameters(config) -
         NumParameters(PrunedConfig(config, RemoveLayers(config, removed)));
}

// How many of the first of `blocks` bring the removed share nearest to `ratio`;
// of two counts equally near the larger.
int NearestCount(const LlamaConfig& config,
                 std::span<const int> blocks,
                 double ratio) {
  const auto total = static_cast<double>(NumParameters(config));
  int best = 0;
  double best_distance = ratio;
  double removed = 0;
  for (size_t i = 0; i < blocks.size(); ++i) {
    removed += static_cast<double>(BlockParameters(config, blocks[i])) / total;
    const double distance = std::abs(removed - ratio);
    if (distance > best_distance) break;
    best = static_cast<int>(i) + 1;
    best_distance = distance;
  }
  return best;
}

bool AreAlike(const LlamaConfig& config, std::span<const int> layers) {
  return std::ranges::all_of(layers, [&](int layer) {
    return config.layers[static_cast<size_t>(layer)] ==
           config.layers[static_cast<size_t>(layers.front())];
  });
}

}  // namespace

std::vector<int> BlockOrder(std::span<const double> scores) {
  std::vector<int> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(
      order, {}, [&](int block) { return scores[static_cast<size_t>(block)]; });
  return order;
}

Result<std::vector<int>> UnprotectedLayers(const LlamaConfig& config,
                                           const DepthPruneOptions& options) {
  RA_RETURN_IF_ERROR(CheckOptions(config, options));
  std::vector<int> layers(static_cast<size_t>(config.num_layers() -
                                              options.num_protected_first -
                                              options.num_protected_last));
  std::iota(layers.begin(), layers.end(), options.num_protected_first);
  return layers;
}

Result<std::vector<int>> ChooseBlocks(const LlamaConfig& config,
                                      std::span<const int> order,
                                      const DepthPruneOptions& options) {
  RA_ASSIGN_OR_RETURN(const std::vector<int> free,
                      UnprotectedLayers(config, options));
  RA_RETURN_IF_ERROR(CheckOrder(order, config.num_layers()));
  std::vector<int> blocks;
  for (int block : order) {
    if (std::ranges::binary_search(free, block)) blocks.push_back(block);
  }
  const int count = options.num_blocks
                        ? *options.num_blocks
                        : NearestCount(config, blocks, *options.ratio);
  if (count == 0) {
    return InvalidArgument("ratio = " + std::to_string(*options.ratio) +
                           " of the parameters is less than half a layer");
  }
  if (count > std::ssize(blocks)) {
    return InvalidArgument("num_blocks = " + std::to_string(count) +
                           " shall go, but only " +
                           std::to_string(blocks.size()) +
                           " layers are in the order and not protected");
  }
  blocks.resize(static_cast<size_t>(count));
  return blocks;
}

Result<LlamaConfig> PlanDepthPruning(const LlamaConfig& config,
                                     const DepthPruneOptions& options) {
  RA_ASSIGN_OR_RETURN(const std::vector<int> free,
                      UnprotectedLayers(config, options));
  if (!AreAlike(config, free)) {
    return InvalidArgument(
        "the layers that may go differ in shape, so what is left cannot be "
        "told before they are scored");
  }
  RA_ASSIGN_OR_RETURN(const std::vector<int> blocks,
                      ChooseBlocks(config, free, options));
  return PrunedConfig(config, RemoveLayers(config, blocks));
}

Result<PruneResult> PruneDepth(const Model& model,
                               const TokenWindows& windows,
                               const DepthPruneOptions& options,
                               std::span<const int> order) {
  RA_RETURN_IF_ERROR(UnprotectedLayers(model.config(), options));
  std::vector<int> blocks(order.begin(), order.end());
  if (blocks.empty()) {
    RA_ASSIGN_OR_RETURN(const BlockScores scores,
                        ComputeBlockScores(model, windows, options));
    blocks = BlockOrder(scores.blocks);
  }
  RA_ASSIGN_OR_RETURN(const std::vector<int> removed,
                      ChooseBlocks(model.config(), blocks, options));
  KeptIndices kept = RemoveLayers(model.config(), removed);
  RA_ASSIGN_OR_RETURN(Model pruned, ApplyKept(model, kept));
  PruneReport report;
  report.parameters_before = model.NumParameters();
  report.parameters_after = pruned.NumParameters();
  report.layers = pruned.config().layers;
  return PruneResult{
      std::move(pruned), std::move(kept), std::move(report), std::move(blocks)};
}

Result<std::vector<int>> ReadBlockOrder(const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  std::vector<int> order;
  const char* at = text.data();
  const char* const end = at + text.find_last_not_of(" \r\n") + 1;
  while (true) {
    while (at < end && *at == ' ') ++at;
    int block = 0;
    const auto [next, error] = std::from_chars(at, end, block);
    if (error != std::errc() || (next != end && *next != ',')) {
      return InvalidArgument(file.string() + ": has " +
                             Quote(std::string(at, std::find(at, end, ','))) +
                             " where the number of a layer is wanted; allowed: "
                             "integers with commas between");
    }
    order.push_back(block);
    if (next == end) return order;
    at = next + 1;
  }
}

std::string FormatBlockOrder(std::span<const int> order) {
  std::string text;
  for (int block : order) {
    text += (text.empty() ? "" : ",") + std::to_string(block);
  }
  return text + "\n";
}

}  // namespace rankadaptor::llama
