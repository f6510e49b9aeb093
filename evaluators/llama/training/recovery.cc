#include "rankadaptor/llama/recovery.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <utility>

#include <ATen/ATen.h>

#include "rankadaptor/common/random_stream.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/batch_tensors.h"
#include "evaluators/llama/training/lora_checks.h"
#include "evaluators/llama/training/option_checks.h"
#include "evaluators/llama/training/updater.h"

namespace rankadaptor::llama {
namespace {

using internal::LoraModules;

// The micro-batches of one update.
using Update = std::vector<TokenBatch>;

// --- Which rows an update is made of -----------------------------------------

// Hands out the rows of epoch after epoch, batch by batch. The order follows
// from the seed and the number of rows alone, so that trials with other ranks
// see the same.
class RowOrder {
 public:
  RowOrder(size_t num_rows, uint64_t seed) : order_(num_rows), seed_(seed) {
    Shuffle();
  }

  // At most `count` rows, fewer at the end of an epoch.
  std::vector<size_t> Next(size_t count) {
    if (next_ == order_.size()) Shuffle();
    const size_t end = std::min(next_ + count, order_.size());
    std::vector<size_t> rows(order_.begin() + static_cast<ptrdiff_t>(next_),
                             order_.begin() + static_cast<ptrdiff_t>(end));
    next_ = end;
    return rows;
  }

 private:
  void Shuffle() {
    std::iota(order_.begin(), order_.end(), size_t{0});
    RandomStream stream(seed_, "recovery epoch", epoch_++);
    stream.Shuffle(std::span(order_));
    next_ = 0;
  }

  std::vector<size_t> order_;
  uint64_t seed_;
  uint64_t epoch_ = 0;
  size_t next_ = 0;
};

// Rows of similar length share a micro-batch where that changes only the
// amount of padding.
void SortByLength(const RecoveryData& data, std::vector<size_t>& rows) {
  std::ranges::stable_sort(
      rows, {}, [&](size_t row) { return data.rows[row].ids.size(); });
}

Update NextUpdate(const RecoveryData& data,
                  const RecoveryOptions& options,
                  RowOrder& order) {
  std::vector<size_t> rows =
      order.Next(static_cast<size_t>(options.batch_size));
  if (options.loss_weighting == LossWeighting::kPerTarget) {
    SortByLength(data, rows);
  }
  Update update;
  const auto size = static_cast<size_t>(options.micro_batch_size);
  for (size_t begin = 0; begin < rows.size(); begin += size) {
    std::vector<TrainingRow> micro_batch;
    for (size_t i = begin; i < std::min(begin + size, rows.size()); ++i) {
      micro_batch.push_back(data.rows[rows[i]]);
    }
    update.push_back(Collate(micro_batch));
  }
  return update;
}

// --- Training ----------------------------------------------------------------

std::vector<at::Tensor*> AdapterTensors(LoraModules& modules) {
  std::vector<at::Tensor*> tensors;
  for (auto& layer : modules.layers) {
    for (internal::LoraModule& module : layer) {
      if (!module.defined()) continue;
      tensors.push_back(&module.a);
      tensors.push_back(&module.b);
    }
  }
  return tensors;
}

// One recovery run: a model, the adapter under training and its optimiser.
class AdapterTraining {
 public:
  // `modules` adapts at least one module; both are borrowed.
  AdapterTraining(const Model& model,
                  const RecoveryOptions& options,
                  LoraModules& modules)
      : transformer_(model.transformer()),
        weighting_(options.loss_weighting),
        seed_(options.seed),
        device_(internal::ToDevice(model.device())),
        updater_(
            AdapterTensors(modules), options.adamw, options.max_grad_norm) {
    forward_.lora = &modules;
    forward_.training = true;
  }

  Result<TrainingStep> Step(int64_t step,
                            double learning_rate,
                            const Update& update) {
    TrainingStep log = {.step = step, .learning_rate = learning_rate};
    for (const TokenBatch& batch : update) {
      log.num_tokens += batch.NumTokens();
      log.num_targets += batch.NumTargets();
    }
    updater_.Begin();
    for (const TokenBatch& batch : update) {
      log.loss += AddGradients(batch, Weight(batch, update, log.num_targets));
    }
    RA_ASSIGN_OR_RETURN(log.grad_norm,
                        updater_.Finish(step, log.loss, learning_rate));
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
    const internal::BatchTensors tensors = internal::ToTensors(batch, device_);
    forward_.dropout_seed = DeriveSeed(seed_, "lora dropout", num_passes_++);
    internal::LossSum loss = internal::NextTokenLoss(
        transformer_,
        transformer_.HiddenStates(tensors.ids, forward_),
        tensors.labels);
    loss.sum.backward(at::full_like(loss.sum.detach(), weight));
    return loss.sum.item<double>() * weight;
  }

  const internal::Transformer& transformer_;
  LossWeighting weighting_;
  uint64_t seed_;
  uint64_t num_passes_ = 0;
  at::Device device_;
  internal::Updater updater_;
  internal::ForwardOptions forward_;
};

// A copy of `initial` on the model's device whose tensors may be replaced.
LoraModules CopyTo(at::Device device, const LoraModules& initial) {
  LoraModules copy = initial;
  for (at::Tensor* tensor : AdapterTensors(copy)) {
    *tensor = tensor->to(device, at::kFloat);
  }
  return copy;
}

Result<RecoveryResult> Train(const Model& model,
                             const Adapter& initial,
                             const RecoveryOptions& options,
                             int64_t num_updates,
                             const std::function<Update(int64_t)>& update_at,
                             const TrainingHooks& hooks) {
  RecoveryResult result = {initial, {}, 0};
  LoraModules modules =
      CopyTo(internal::ToDevice(model.device()), initial.modules());
  if (AdapterTensors(modules).empty()) return result;
  const LearningRateSchedule schedule = {
      options.learning_rate, options.warmup_steps, num_updates, options.decay};
  AdapterTraining training(model, options, modules);
  int64_t num_tokens = 0;
  const double begin = hooks.clock->MonotonicSeconds();
  for (int64_t step = 0; step < num_updates; ++step) {
    RA_RETURN_IF_ERROR(internal::CheckCancellation(hooks, step));
    RA_ASSIGN_OR_RETURN(
        TrainingStep log,
        training.Step(step, schedule.At(step), update_at(step)));
    num_tokens += log.num_tokens;
    result.log.push_back(log);
    if (hooks.observer) hooks.observer(log);
  }
  const double seconds = hooks.clock->MonotonicSeconds() - begin;
  if (seconds > 0) {
    result.tokens_per_second = static_cast<double>(num_tokens) / seconds;
  }
  for (at::Tensor* tensor : AdapterTensors(modules)) {
    *tensor = tensor->detach();
  }
  result.adapter =
      Adapter(std::make_shared<const LoraModules>(std::move(modules)));
  return result;
}

// --- Input -------------------------------------------------------------------

Status CheckRun(const Model& model,
                const Adapter& initial,
                const RecoveryOptions& options) {
  RA_RETURN_IF_ERROR(
      internal::CheckLowerBounds({{"warmup_steps", options.warmup_steps, 0}}));
  RA_RETURN_IF_ERROR(
      internal::CheckRates(options.learning_rate, options.max_grad_norm));
  RA_RETURN_IF_ERROR(internal::CheckAdamW(options.adamw));
  return internal::CheckFits(initial.modules(), model.config());
}

Status CheckSizes(const RecoveryOptions& options) {
  RA_RETURN_IF_ERROR(internal::CheckLowerBounds(
      {{"batch_size", options.batch_size, 1},
       {"micro_batch_size", options.micro_batch_size, 1},
       {"steps", options.steps, 0}}));
  if (options.steps > 0) return {};
  return internal::CheckLowerBounds({{"epochs", options.epochs, 1}});
}

Status CheckRow(const std::string& place,
                const TrainingRow& row,
                int64_t vocab_size) {
  RA_RETURN_IF_ERROR(internal::CheckIds(place, row.ids, vocab_size));
  if (row.labels.size() != row.ids.size()) {
    return InvalidArgument(place + " has " + std::to_string(row.ids.size()) +
                           " ids and " + std::to_string(row.labels.size()) +
                           " labels");
  }
  for (int32_t label : row.labels) {
    if (label == kIgnoredLabel) continue;
    RA_RETURN_IF_ERROR(
        internal::CheckIds(place + ", labels", {&label, 1}, vocab_size));
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
  RA_RETURN_IF_ERROR(CheckSizes(options));
  RA_RETURN_IF_ERROR(CheckRun(model, initial, options));
  RA_RETURN_IF_ERROR(CheckRows(data, model.config().vocab_size));
  RowOrder order(data.rows.size(), options.seed);
  return internal::CatchTorch([&] {
    return Train(
        model,
        initial,
        options,
        NumUpdates(static_cast<int64_t>(data.rows.size()), options),
        [&](int64_t) { return NextUpdate(data, options, order); },
        hooks);
  });
}

Result<RecoveryResult> RecoverOnBatches(const Model& model,
                                        const Adapter& initial,
                                        std::span<const TokenBatch> batches,
                                        const RecoveryOptions& options,
                                        const TrainingHooks& hooks) {
  RA_RETURN_IF_ERROR(CheckRun(model, initial, options));
  for (size_t i = 0; i < batches.size(); ++i) {
    RA_RETURN_IF_ERROR(internal::CheckBatch(
        "batch " + std::to_string(i), batches[i], model.config().vocab_size));
  }
  if (batches.empty()) return InvalidArgument("there are no batches");
  return internal::CatchTorch([&] {
    return Train(
        model,
        initial,
        options,
        static_cast<int64_t>(batches.size()),
        [&](int64_t step) {
          return Update{batches[static_cast<size_t>(step)]};
        },
        hooks);
  });
}

}  // namespace rankadaptor::llama
