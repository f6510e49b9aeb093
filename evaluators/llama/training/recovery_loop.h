// The loop of every recovery: forward, backward, clip, update, over the updates
// of a run (recovery.h).
#ifndef RANKADAPTOR_LLAMA_TRAINING_RECOVERY_LOOP_H_
#define RANKADAPTOR_LLAMA_TRAINING_RECOVERY_LOOP_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/training.h"

#include "evaluators/llama/training/recovery_rows.h"
#include "evaluators/llama/training/trainable.h"

namespace rankadaptor::llama::internal {

// Where the batches of a run come from.
struct UpdateSource {
  int64_t num_updates = 0;
  uint64_t digest = 0;  // of the rows
  std::function<Update(int64_t step)> at;
};

// After checks whose messages are those of Recover() and RecoverOnBatches();
// what is given is borrowed.
Result<UpdateSource> UpdatesOf(const Model& model,
                               const RecoveryData& data,
                               const RecoveryOptions& options);
Result<UpdateSource> UpdatesOf(const Model& model,
                               std::span<const TokenBatch> batches,
                               const RecoveryOptions& options);

struct RecoveryLog {
  std::vector<TrainingStep> steps;        // one per update
  double tokens_per_second = 0;           // without padding, of this process
  std::filesystem::path checkpoint_file;  // empty: none was asked for
};

// Trains `trainable`, which has at least one parameter, in place.
Result<RecoveryLog> RunRecovery(const Model& model,
                                const UpdateSource& updates,
                                const RecoveryOptions& options,
                                const TrainingHooks& hooks,
                                Trainable& trainable);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_RECOVERY_LOOP_H_
