// Depth pruning: takes whole layers ("blocks") out of a model, those that
// matter least, as Shortened LLaMA does (spec 3). What is left is a plain model
// with fewer layers.
//
//   DepthPruneOptions options;
//   options.num_blocks = 6;
//   RA_ASSIGN_OR_RETURN(auto pruned, PruneDepth(model, windows, options));
//   RA_RETURN_IF_ERROR(SavePruned(pruned.model, pruned.kept, dir, out, dtype,
//                                 pruned.block_order));
//
// Thread-safety: functions of their arguments; models are not changed.
#ifndef RANKADAPTOR_LLAMA_DEPTH_PRUNING_H_
#define RANKADAPTOR_LLAMA_DEPTH_PRUNING_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/calibration.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/pruning.h"

namespace rankadaptor::llama {

enum class BlockCriterion {
  // Sum over the block's weights of |W dL/dW|^p (spec 3.1); norms count,
  // biases do not.
  kTaylor,
  kMagnitude,  // sum of |W|^p
  // Perplexity on the calibration windows without the block, each block alone.
  kPerplexity,
};

struct DepthPruneOptions {
  BlockCriterion criterion = BlockCriterion::kTaylor;
  int norm_power = 1;  // p above, 1 or 2
  // How many blocks go: a count, or as many as bring the removed share of all
  // parameters nearest to `ratio` in (0, 1). Exactly one is set.
  std::optional<int> num_blocks;
  std::optional<double> ratio;
  // The "plus" rule (spec 3.2): so many blocks at the bottom and at the top
  // stay, whatever their scores.
  int num_protected_first = 4;
  int num_protected_last = 2;
};

// The lower, the earlier a block goes.
struct BlockScores {
  std::vector<double> blocks;  // [num_layers]
  // What they are sums of, by tensor name; with "model.norm.weight", which
  // belongs to no block. Empty for kPerplexity.
  std::vector<std::pair<std::string, double>> weights;
};

// In fp32 (kPerplexity: in the model's dtype); one layer's gradients at a time.
// kInvalidArgument if options or windows do not fit or a score is not finite;
// kMagnitude needs no windows.
Result<BlockScores> ComputeBlockScores(const Model& model,
                                       const TokenWindows& windows,
                                       const DepthPruneOptions& options);

// All blocks by ascending score; of equal scores the lower index goes first.
std::vector<int> BlockOrder(std::span<const double> scores);

// What of `order` goes, in the order of removal: the first blocks that are not
// protected. kInvalidArgument if an index in `order` does not exist or stands
// there twice, or if there are fewer blocks to choose from than shall go, or
// the ratio is nearer to none.
Result<std::vector<int>> ChooseBlocks(const LlamaConfig& config,
                                      std::span<const int> order,
                                      const DepthPruneOptions& options);

// The layers that may go, ascending. kInvalidArgument names the option that is
// out of range.
Result<std::vector<int>> UnprotectedLayers(const LlamaConfig& config,
                                           const DepthPruneOptions& options);

// The shape that is left, known without weights if the layers that may go are
// alike; kInvalidArgument if they are not.
Result<LlamaConfig> PlanDepthPruning(const LlamaConfig& config,
                                     const DepthPruneOptions& options);

// Scores (unless `order` is given), chooses and removes.
Result<PruneResult> PruneDepth(const Model& model,
                               const TokenWindows& windows,
                               const DepthPruneOptions& options,
                               std::span<const int> order = {});

// A line of integers with commas between, as Shortened LLaMA's programs write
// it. kInvalidArgument names what is not an integer.
Result<std::vector<int>> ReadBlockOrder(const std::filesystem::path& file);
std::string FormatBlockOrder(std::span<const int> order);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_DEPTH_PRUNING_H_
