#include "rankadaptor/llama/recovery.h"

#include <memory>
#include <utility>

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/lora_checks.h"
#include "evaluators/llama/training/recovery_loop.h"
#include "evaluators/llama/training/trainable.h"

namespace rankadaptor::llama {
namespace {

using internal::LoraModules;
using internal::UpdateSource;

Result<RecoveryResult> Train(const Model& model,
                             const Adapter& initial,
                             const UpdateSource& updates,
                             const RecoveryOptions& options,
                             const TrainingHooks& hooks) {
  internal::LoraTrainable trainable(
      internal::CopyTo(internal::ToDevice(model.device()), initial.modules()));
  if (trainable.Parameters().empty()) return RecoveryResult{initial, {}, 0, {}};
  RA_ASSIGN_OR_RETURN(
      internal::RecoveryLog log,
      internal::RunRecovery(model, updates, options, hooks, trainable));
  Adapter adapter(std::make_shared<const LoraModules>(
      internal::Detached(trainable.Adapters())));
  return RecoveryResult{std::move(adapter),
                        std::move(log.steps),
                        log.tokens_per_second,
                        std::move(log.checkpoint_file)};
}

template <typename Rows>
Result<RecoveryResult> CheckAndTrain(const Model& model,
                                     const Adapter& initial,
                                     const Rows& rows,
                                     const RecoveryOptions& options,
                                     const TrainingHooks& hooks) {
  RA_RETURN_IF_ERROR(internal::CheckFits(initial.modules(), model.config()));
  RA_ASSIGN_OR_RETURN(UpdateSource updates,
                      internal::UpdatesOf(model, rows, options));
  return internal::CatchTorch(
      [&] { return Train(model, initial, updates, options, hooks); });
}

}  // namespace

Result<LossWeighting> ParseLossWeighting(std::string_view name) {
  for (LossWeighting weighting :
       {LossWeighting::kPerTarget, LossWeighting::kPerMicroBatch}) {
    if (name == LossWeightingName(weighting)) return weighting;
  }
  return InvalidArgument("loss weighting \"" + std::string(name) +
                         "\" is not one of per_target, per_micro_batch");
}

const char* LossWeightingName(LossWeighting weighting) {
  return weighting == LossWeighting::kPerTarget ? "per_target"
                                                : "per_micro_batch";
}

int64_t NumUpdates(int64_t num_rows, const RecoveryOptions& options) {
  if (options.steps > 0) return options.steps;
  const int64_t per_epoch =
      (num_rows + options.batch_size - 1) / options.batch_size;
  return options.epochs * per_epoch;
}

Result<RecoveryResult> Recover(const Model& model,
                               const Adapter& initial,
                               const RecoveryData& data,
                               const RecoveryOptions& options,
                               const TrainingHooks& hooks) {
  return CheckAndTrain(model, initial, data, options, hooks);
}

Result<RecoveryResult> RecoverOnBatches(const Model& model,
                                        const Adapter& initial,
                                        std::span<const TokenBatch> batches,
                                        const RecoveryOptions& options,
                                        const TrainingHooks& hooks) {
  return CheckAndTrain(model, initial, batches, options, hooks);
}

}  // namespace rankadaptor::llama
