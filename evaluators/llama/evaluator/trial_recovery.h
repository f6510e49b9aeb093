// What the trials of a study have in common where each recovers a model and
// scores it.
#ifndef RANKADAPTOR_LLAMA_EVALUATOR_TRIAL_RECOVERY_H_
#define RANKADAPTOR_LLAMA_EVALUATOR_TRIAL_RECOVERY_H_

#include <cstdint>
#include <functional>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/held_out_scorer.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/recovery_data.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor::llama::internal {

// Const members are thread-safe.
struct TrialRecovery {
  RecoveryData data;
  LoraOptions lora;         // its ranks are each trial's
  RecoveryOptions options;  // of a full trial; its seed is each trial's

  // Of a trial with this seed and fidelity: that share of the updates.
  RecoveryOptions OptionsFor(uint64_t seed, double fidelity) const;

  // The initial adapter and the order of the rows follow from `seed`, whatever
  // model and ranks are.
  Result<RecoveryResult> Run(const Model& model,
                             ModuleRanks ranks,
                             uint64_t seed,
                             double fidelity,
                             const TrainingHooks& hooks) const;

  // The adapter of such a run, whose checkpoint is removed.
  Result<Adapter> MakeAdapter(const Model& model,
                              ModuleRanks ranks,
                              uint64_t seed,
                              double fidelity,
                              const TrainingHooks& hooks) const;
};

// A trial from its model on: recovers, calls `on_recovered` (if set) with the
// adapter, scores; reports progress and gives up when the trial is cancelled.
Result<Measurement> RecoverAndScore(
    const Model& model,
    ModuleRanks ranks,
    const TrialRecovery& recovery,
    const HeldOutScorer& scorer,
    const std::function<Status(const Adapter& adapter)>& on_recovered,
    TrialContext& trial);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_EVALUATOR_TRIAL_RECOVERY_H_
