#include "evaluators/llama/training/recovery_loop.h"

#include <memory>

#include <ATen/ATen.h>

#include "rankadaptor/common/random_stream.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/batch_tensors.h"
#include "evaluators/llama/training/option_checks.h"
#include "evaluators/llama/training/updater.h"

namespace rankadaptor::llama::internal {
namespace {

// --- Checks ------------------------------------------------------------------

Status CheckRun(const RecoveryOptions& options) {
  RA_RETURN_IF_ERROR(
      CheckLowerBounds({{"warmup_steps", options.warmup_steps, 0}}));
  RA_RETURN_IF_ERROR(CheckRates(options.learning_rate, options.max_grad_norm));
  return CheckAdamW(options.adamw);
}

Status CheckSizes(const RecoveryOptions& options) {
  RA_RETURN_IF_ERROR(
      CheckLowerBounds({{"batch_size", options.batch_size, 1},
                        {"micro_batch_size", options.micro_batch_size, 1},
                        {"steps", options.steps, 0}}));
  if (options.steps > 0) return {};
  return CheckLowerBounds({{"epochs", options.epochs, 1}});
}

Status CheckRow(const std::string& place,
                const TrainingRow& row,
                int64_t vocab_size) {
  RA_RETURN_IF_ERROR(CheckIds(place, row.ids, vocab_size));
  if (row.labels.size() != row.ids.size()) {
    return InvalidArgument(place + " has " + std::to_string(row.ids.size()) +
                           " ids and " + std::to_string(row.labels.size()) +
                           " labels");
  }
  for (int32_t label : row.labels) {
    if (label == kIgnoredLabel) continue;
    RA_RETURN_IF_ERROR(CheckIds(place + ", labels", {&label, 1}, vocab_size));
  }
  if (!row.HasTarget()) return InvalidArgument(place + " has no target");
  return {};
}

Status CheckRows(const RecoveryData& data, int64_t vocab_size) {
  if (data.rows.empty()) {
    return InvalidArgument("there are no rows to recover on");
  }
  for (size_t i = 0; i < data.rows.size(); ++i) {
    RA_RETURN_IF_ERROR(
        CheckRow("row " + std::to_string(i), data.rows[i], vocab_size));
  }
  return {};
}

// --- Training ----------------------------------------------------------------

class RecoveryRun {
 public:
  // All borrowed.
  RecoveryRun(const Model& model,
              const RecoveryOptions& options,
              Trainable& trainable)
      : transformer_(model.transformer()),
        weighting_(options.loss_weighting),
        seed_(options.seed),
        device_(ToDevice(model.device())),
        trainable_(trainable),
        updater_(trainable.Parameters(), options.adamw, options.max_grad_norm) {
  }

  Result<TrainingStep> Step(int64_t step,
                            double learning_rate,
                            const Update& update) {
    TrainingStep log = {.step = step, .learning_rate = learning_rate};
    for (const TokenBatch& batch : update) {
      log.num_tokens += batch.NumTokens();
      log.num_targets += batch.NumTargets();
    }
    trainable_.BeginUpdate(step);
    updater_.Begin();
    for (const TokenBatch& batch : update) {
      log.loss += AddGradients(batch, Weight(batch, update, log.num_targets));
    }
    log.loss += AddPenalty();
    RA_ASSIGN_OR_RETURN(log.grad_norm,
                        updater_.Finish(step, log.loss, learning_rate));
    trainable_.EndUpdate(step);
    return log;
  }

 private:
  // What the sum of a micro-batch's losses is multiplied by.
  double Weight(const TokenBatch& batch,
                const Update& update,
                int64_t num_targets) const {
    if (weighting_ == LossWeighting::kPerTarget) {
      return 1 / static_cast<double>(num_targets);
    }
    return 1 / static_cast<double>(batch.NumTargets()) /
           static_cast<double>(update.size());
  }

  // Adds the gradient of the weighted loss; returns the weighted loss.
  double AddGradients(const TokenBatch& batch, double weight) {
    const BatchTensors tensors = ToTensors(batch, device_);
    const LoraModules adapters = trainable_.Adapters();
    const ForwardOptions forward = {
        .lora = &adapters,
        .training = true,
        .dropout_seed = DeriveSeed(seed_, "lora dropout", num_passes_++)};
    LossSum loss =
        NextTokenLoss(transformer_,
                      transformer_.HiddenStates(tensors.ids, forward),
                      tensors.labels);
    loss.sum.backward(at::full_like(loss.sum.detach(), weight));
    return loss.sum.item<double>() * weight;
  }

  // Once an update, however many passes it has.
  double AddPenalty() {
    const at::Tensor penalty = trainable_.Penalty();
    if (!penalty.defined()) return 0;
    penalty.backward();
    return penalty.item<double>();
  }

  const Transformer& transformer_;
  LossWeighting weighting_;
  uint64_t seed_;
  uint64_t num_passes_ = 0;
  at::Device device_;
  Trainable& trainable_;
  Updater updater_;
};

}  // namespace

Result<UpdateSource> UpdatesOf(const Model& model,
                               const RecoveryData& data,
                               const RecoveryOptions& options) {
  RA_RETURN_IF_ERROR(CheckSizes(options));
  RA_RETURN_IF_ERROR(CheckRun(options));
  RA_RETURN_IF_ERROR(CheckRows(data, model.config().vocab_size));
  auto rows = std::make_shared<RecoveryRows>(data, options);
  return UpdateSource{NumUpdates(std::ssize(data.rows), options),
                      [rows](int64_t step) { return rows->At(step); }};
}

Result<UpdateSource> UpdatesOf(const Model& model,
                               std::span<const TokenBatch> batches,
                               const RecoveryOptions& options) {
  RA_RETURN_IF_ERROR(CheckRun(options));
  for (size_t i = 0; i < batches.size(); ++i) {
    RA_RETURN_IF_ERROR(CheckBatch(
        "batch " + std::to_string(i), batches[i], model.config().vocab_size));
  }
  if (batches.empty()) return InvalidArgument("there are no batches");
  return UpdateSource{std::ssize(batches), [batches](int64_t step) {
                        return Update{batches[static_cast<size_t>(step)]};
                      }};
}

Result<RecoveryLog> RunRecovery(const Model& model,
                                const UpdateSource& updates,
                                const RecoveryOptions& options,
                                const TrainingHooks& hooks,
                                Trainable& trainable) {
  const LearningRateSchedule schedule = {options.learning_rate,
                                         options.warmup_steps,
                                         updates.num_updates,
                                         options.decay};
  RecoveryRun run(model, options, trainable);
  RecoveryLog log;
  int64_t num_tokens = 0;
  const double begin = hooks.clock->MonotonicSeconds();
  for (int64_t step = 0; step < updates.num_updates; ++step) {
    RA_RETURN_IF_ERROR(CheckCancellation(hooks, step));
    RA_ASSIGN_OR_RETURN(TrainingStep entry,
                        run.Step(step, schedule.At(step), updates.at(step)));
    num_tokens += entry.num_tokens;
    log.steps.push_back(entry);
    if (hooks.observer) hooks.observer(entry);
  }
  const double seconds = hooks.clock->MonotonicSeconds() - begin;
  if (seconds > 0) {
    log.tokens_per_second = static_cast<double>(num_tokens) / seconds;
  }
  return log;
}

}  // namespace rankadaptor::llama::internal
