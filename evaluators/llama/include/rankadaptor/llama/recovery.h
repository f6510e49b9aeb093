// Recovery trains LoRA adapters, one rank per layer, beside the frozen weights
// of a pruned model: the paper's second stage (spec 2).
//
//   RA_ASSIGN_OR_RETURN(Adapter initial,
//                       Adapter::Create(model, {.ranks = ranks}, seed));
//   RA_ASSIGN_OR_RETURN(RecoveryResult result,
//                       Recover(model, initial, data, {.seed = seed}));
//
// The base weights have no gradient and no optimiser state; the adapters are
// trained in fp32 whatever the model's dtype. Thread-safe: calls share nothing
// but const weights.
#ifndef RANKADAPTOR_LLAMA_RECOVERY_H_
#define RANKADAPTOR_LLAMA_RECOVERY_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/recovery_data.h"
#include "rankadaptor/llama/training.h"

namespace rankadaptor::llama {

// What an update's loss is the mean of (spec 2.1). It matters when rows have
// different numbers of targets.
enum class LossWeighting {
  kPerTarget,      // all targets of the update weigh the same
  kPerMicroBatch,  // all micro-batches do: the size of one then matters
};

// "per_target" or "per_micro_batch"; else kInvalidArgument.
Result<LossWeighting> ParseLossWeighting(std::string_view name);
const char* LossWeightingName(LossWeighting weighting);

struct RecoveryOptions {
  int64_t batch_size = 64;  // rows of one update
  // Rows of one forward pass. Lower it when memory runs out.
  int64_t micro_batch_size = 16;
  int64_t epochs = 2;
  int64_t steps = 0;  // updates; 0: as many as `epochs` need
  double learning_rate = 1e-4;
  int64_t warmup_steps = 100;
  LearningRateDecay decay = LearningRateDecay::kLinear;
  AdamWOptions adamw;
  double max_grad_norm = 1.0;  // 0: gradients are not clipped
  LossWeighting loss_weighting = LossWeighting::kPerTarget;
  // Decides the order of the rows, the same whatever the ranks are, and
  // dropout.
  uint64_t seed = 0;
  // Keeps one layer's activations instead of all and computes the others again
  // in backward: less memory, a third more time, the same result.
  bool recompute_activations = false;
  // Where the run keeps a checkpoint of its own, named by what it computes; a
  // run that finds its own goes on from there, with the result that it would
  // have had. Empty: none. The file stays when the run is done.
  std::filesystem::path checkpoint_folder;
  // Updates between two; runs that are longer have one at the end, too.
  int64_t checkpoint_interval = 100;
};

struct RecoveryResult {
  Adapter adapter;
  std::vector<TrainingStep> log;  // one entry per update
  double tokens_per_second = 0;   // without padding, of this process
  // The run's checkpoint, for the caller to remove once the adapter is kept.
  std::filesystem::path checkpoint_file;
};

// Updates that Recover() makes for so many rows.
int64_t NumUpdates(int64_t num_rows, const RecoveryOptions& options);

// Starts from `initial`, which stays as it is. Each epoch visits all rows in an
// order of its own; its last update takes what is left. An adapter of rank 0 in
// every layer is returned untrained, with an empty log.
//
// kInvalidArgument names the option that is out of range, the row with an id
// outside the vocabulary, or the module of `initial` that does not fit the
// model; kCancelled; kInternal names the update at which loss or gradient was
// not finite; kResourceExhausted when memory ran out.
Result<RecoveryResult> Recover(const Model& model,
                               const Adapter& initial,
                               const RecoveryData& data,
                               const RecoveryOptions& options,
                               const TrainingHooks& hooks = {});

// The same on given batches: update i is on batches[i] as a whole, and sizes,
// epochs and steps of `options` are not read. Padding may stand at either end
// of a row.
Result<RecoveryResult> RecoverOnBatches(const Model& model,
                                        const Adapter& initial,
                                        std::span<const TokenBatch> batches,
                                        const RecoveryOptions& options,
                                        const TrainingHooks& hooks = {});

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_RECOVERY_H_
