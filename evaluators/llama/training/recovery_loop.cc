#include "evaluators/llama/training/recovery_loop.h"

#include <memory>
#include <optional>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "rankadaptor/common/random_stream.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/batch_tensors.h"
#include "evaluators/llama/training/option_checks.h"
#include "evaluators/llama/training/run_checkpoint.h"
#include "evaluators/llama/training/updater.h"

namespace rankadaptor::llama::internal {
namespace {

// --- Checks ------------------------------------------------------------------

Status CheckRun(const RecoveryOptions& options) {
  RA_RETURN_IF_ERROR(
      CheckLowerBounds({{"warmup_steps", options.warmup_steps, 0}}));
  RA_RETURN_IF_ERROR(CheckRates(options.learning_rate, options.max_grad_norm));
  if (!options.checkpoint_folder.empty()) {
    RA_RETURN_IF_ERROR(CheckLowerBounds(
        {{"checkpoint_interval", options.checkpoint_interval, 1}}));
  }
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
        recompute_(options.recompute_activations),
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

  // For checkpoints: everything that changes from update to update.
  std::vector<at::Tensor*> State() {
    std::vector<at::Tensor*> state = updater_.State();
    for (at::Tensor* tensor : trainable_.State()) state.push_back(tensor);
    return state;
  }
  // What this run computes beyond its options.
  void Identify(RunIdentity& identity) {
    for (const at::Tensor* tensor : State()) identity.Add("state", *tensor);
    trainable_.Identify(identity);
  }
  uint64_t num_passes() const { return num_passes_; }
  void set_num_passes(uint64_t num_passes) { num_passes_ = num_passes; }

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
        .recompute_activations = recompute_,
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
  bool recompute_;
  uint64_t num_passes_ = 0;
  at::Device device_;
  Trainable& trainable_;
  Updater updater_;
};

// Writes and reads the checkpoint of a run, if it shall have one.
class RunKeeper {
 public:
  // All borrowed; before the first update.
  RunKeeper(const Model& model,
            const UpdateSource& updates,
            const RecoveryOptions& options,
            RecoveryRun& run)
      : num_updates_(updates.num_updates),
        interval_(options.checkpoint_interval),
        run_(run) {
    if (options.checkpoint_folder.empty()) return;
    file_ = options.checkpoint_folder /
            Identify(model, updates, options).FileName();
  }

  const std::filesystem::path& file() const { return file_; }

  // The log of the updates that were made before; empty for a new run.
  Result<std::vector<TrainingStep>> Resume() {
    if (file_.empty()) return std::vector<TrainingStep>();
    const c10::NoGradGuard no_grad;
    RA_ASSIGN_OR_RETURN(std::optional<RunPosition> position,
                        ReadRunCheckpoint(file_, run_.State()));
    if (!position) return std::vector<TrainingStep>();
    run_.set_num_passes(position->num_passes);
    return std::move(position->log);
  }

  // After an update; `log` has it.
  Status KeepIfDue(const std::vector<TrainingStep>& log) {
    const int64_t done = std::ssize(log);
    const bool is_last = done == num_updates_ && done > interval_;
    if (file_.empty() || (done % interval_ != 0 && !is_last)) return {};
    std::error_code ignored;  // the write says what is wrong
    std::filesystem::create_directories(file_.parent_path(), ignored);
    std::vector<at::Tensor> state;
    for (const at::Tensor* tensor : run_.State()) state.push_back(*tensor);
    return WriteRunCheckpoint(file_, {done, run_.num_passes(), log}, state);
  }

 private:
  RunIdentity Identify(const Model& model,
                       const UpdateSource& updates,
                       const RecoveryOptions& options) {
    RunIdentity identity;
    identity.Add("updates", updates.num_updates);
    identity.Add("rows", updates.digest);
    identity.Add("parameters", model.NumParameters());
    identity.Add("dtype", static_cast<int64_t>(model.dtype()));
    // Of each weight something that changes with it.
    for (const auto& [name, weight] :
         NamedTensors(model.transformer().weights())) {
      identity.Add(name.c_str(), weight.sum(at::kFloat));
    }
    identity.Add("batch size", options.batch_size);
    identity.Add("micro batch size", options.micro_batch_size);
    identity.Add("learning rate", options.learning_rate);
    identity.Add("warmup", options.warmup_steps);
    identity.Add("decay", static_cast<int64_t>(options.decay));
    identity.Add("beta1", options.adamw.beta1);
    identity.Add("beta2", options.adamw.beta2);
    identity.Add("epsilon", options.adamw.epsilon);
    identity.Add("weight decay", options.adamw.weight_decay);
    identity.Add("clip", options.max_grad_norm);
    identity.Add("weighting", static_cast<int64_t>(options.loss_weighting));
    identity.Add("seed", options.seed);
    run_.Identify(identity);
    return identity;
  }

  int64_t num_updates_;
  int64_t interval_;
  RecoveryRun& run_;
  std::filesystem::path file_;
};

// FNV-1a over rows.
class Digest {
 public:
  template <typename T>
  void Add(const std::vector<T>& values) {
    for (T value : values) {
      hash_ = (hash_ ^ static_cast<uint64_t>(value)) * 0x100000001b3;
    }
    hash_ = (hash_ ^ values.size()) * 0x100000001b3;
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace

Result<UpdateSource> UpdatesOf(const Model& model,
                               const RecoveryData& data,
                               const RecoveryOptions& options) {
  RA_RETURN_IF_ERROR(CheckSizes(options));
  RA_RETURN_IF_ERROR(CheckRun(options));
  RA_RETURN_IF_ERROR(CheckRows(data, model.config().vocab_size));
  auto rows = std::make_shared<RecoveryRows>(data, options);
  Digest digest;
  for (const TrainingRow& row : data.rows) {
    digest.Add(row.ids);
    digest.Add(row.labels);
  }
  return UpdateSource{NumUpdates(std::ssize(data.rows), options),
                      digest.value(),
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
  Digest digest;
  for (const TokenBatch& batch : batches) {
    digest.Add(batch.ids);
    digest.Add(batch.labels);
    digest.Add(batch.attention_mask);
  }
  return UpdateSource{
      std::ssize(batches), digest.value(), [batches](int64_t step) {
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
  RunKeeper keeper(model, updates, options, run);
  RecoveryLog log;
  log.checkpoint_file = keeper.file();
  RA_ASSIGN_OR_RETURN(log.steps, keeper.Resume());
  int64_t num_tokens = 0;
  const double begin = hooks.clock->MonotonicSeconds();
  for (int64_t step = std::ssize(log.steps); step < updates.num_updates;
       ++step) {
    RA_RETURN_IF_ERROR(CheckCancellation(hooks, step));
    RA_ASSIGN_OR_RETURN(TrainingStep entry,
                        run.Step(step, schedule.At(step), updates.at(step)));
    num_tokens += entry.num_tokens;
    log.steps.push_back(entry);
    if (hooks.observer) hooks.observer(entry);
    RA_RETURN_IF_ERROR(keeper.KeepIfDue(log.steps));
  }
  const double seconds = hooks.clock->MonotonicSeconds() - begin;
  if (seconds > 0) {
    log.tokens_per_second = static_cast<double>(num_tokens) / seconds;
  }
  return log;
}

}  // namespace rankadaptor::llama::internal
