// Nested-rank recovery: one run trains shared adapters of the largest ranks;
// each update draws a rank per module and trains the leading rows alone.
// Afterwards any vector of ranks is a truncation, scored without training: a
// cheap look at every vector, less exact than a recovery of its own.
//
// Thread-safe: functions of their arguments.
#ifndef RANKADAPTOR_LLAMA_NESTED_RECOVERY_H_
#define RANKADAPTOR_LLAMA_NESTED_RECOVERY_H_

#include <functional>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/recovery_data.h"

namespace rankadaptor::llama {

// Draws the ranks of one update; at most those of the shared adapters.
using RankSampler = std::function<ModuleRanks(RandomStream& stream)>;

// Trains adapters of `lora`'s ranks. A module's scale is the one that `lora`'s
// policy gives the rank drawn. `options` are those of Recover(), checkpoints
// included (`sampler` must be the same function of its stream when a run goes
// on). kInvalidArgument also for a draw that does not fit.
Result<RecoveryResult> RecoverNested(const Model& model,
                                     const LoraOptions& lora,
                                     const RankSampler& sampler,
                                     const RecoveryData& data,
                                     const RecoveryOptions& options,
                                     const TrainingHooks& hooks = {});

// The leading `ranks` rows of each module of a nested adapter, with the scales
// of `lora`'s policy. kInvalidArgument names a module whose rank is higher than
// the adapter's.
Result<Adapter> Truncate(const Adapter& nested,
                         const LoraOptions& lora,
                         const ModuleRanks& ranks);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_NESTED_RECOVERY_H_
