// How many heads and channels of each layer go (spec 1.7, 1.8).
#ifndef RANKADAPTOR_LLAMA_PRUNING_REMOVAL_COUNTS_H_
#define RANKADAPTOR_LLAMA_PRUNING_REMOVAL_COUNTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rankadaptor/llama/pruning.h"

namespace rankadaptor::llama::internal {

// How many groups of a part go, or why it stays whole.
struct PartCount {
  int64_t num_removed = 0;
  std::string skip_reason;
  bool all_would_go = false;  // the reason
};

struct LayerCount {
  PartCount attention;  // KV heads
  PartCount mlp;        // channels
};

// One pruning step on its way from `original` to the ratio: `current` is what
// the steps before it left, `ratio` the fraction of `original` that is gone
// after it.
struct RemovalStep {
  const LlamaConfig& original;
  const LlamaConfig& current;
  double ratio = 0;
};

// The ratio after step 1 .. num_steps.
double RatioAfter(int step, const WidthPruneOptions& options);

// The step's ratio of one layer, of what is in range.
LayerCount CountLayer(const RemovalStep& step,
                      int layer,
                      const WidthPruneOptions& options);

// One entry per layer. The same fraction of each layer in range.
std::vector<LayerCount> CountLocally(const RemovalStep& step,
                                     const WidthPruneOptions& options);

// The lowest-scored of all layers in range; `importance` is of `current`.
Result<std::vector<LayerCount>> CountGlobally(const RemovalStep& step,
                                              const Importance& importance,
                                              const WidthPruneOptions& options);

// Takes the counts off the shapes.
void ApplyCounts(const std::vector<LayerCount>& counts, LlamaConfig* config);

// What stays of `step.current`.
Result<KeptIndices> SelectInStep(const RemovalStep& step,
                                 const Importance& importance,
                                 const WidthPruneOptions& options,
                                 std::vector<LayerCount>* counts);

// What stays of `config` when each layer loses the lowest-scored of its heads
// and channels, as many as `counts` says; `importance` is of `config`.
Result<KeptIndices> SelectByCounts(const LlamaConfig& config,
                                   const Importance& importance,
                                   const std::vector<LayerCount>& counts);

// The parts that are whole after all steps, and why by the last step's counts.
std::vector<SkippedPart> SkippedParts(const std::vector<LayerCount>& counts,
                                      const LlamaConfig& before,
                                      const LlamaConfig& after);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_PRUNING_REMOVAL_COUNTS_H_
