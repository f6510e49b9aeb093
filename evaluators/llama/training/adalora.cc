#include "rankadaptor/llama/adalora.h"

#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "rankadaptor/common/random_stream.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/training/adalora_trainable.h"
#include "evaluators/llama/training/lora_checks.h"
#include "evaluators/llama/training/option_checks.h"
#include "evaluators/llama/training/recovery_loop.h"
#include "evaluators/llama/training/svd_modules.h"

namespace rankadaptor::llama {
namespace {

using internal::SvdModule;
using internal::SvdModules;

constexpr double kInitialDeviation = 0.02;

Status CheckShare(const char* name, double value) {
  if (value >= 0 && value < 1) return {};
  return InvalidArgument(std::string(name) + " = " + std::to_string(value) +
                         " is not in [0, 1)");
}

Status CheckOptions(const AdaLoraOptions& options) {
  RA_RETURN_IF_ERROR(internal::CheckLowerBounds(
      {{"target_rank", options.target_rank, 1},
       {"allocation_interval", options.allocation_interval, 1}}));
  if (options.initial_rank <= options.target_rank) {
    return InvalidArgument(
        "initial_rank = " + std::to_string(options.initial_rank) +
        " is not above target_rank = " + std::to_string(options.target_rank) +
        ": there would be nothing to allocate");
  }
  RA_RETURN_IF_ERROR(CheckShare("beta1", options.beta1));
  RA_RETURN_IF_ERROR(CheckShare("beta2", options.beta2));
  RA_RETURN_IF_ERROR(CheckShare("dropout", options.dropout));
  if (!(options.orthogonality_weight >= 0) ||
      !std::isfinite(options.orthogonality_weight)) {
    return InvalidArgument("orthogonality_weight = " +
                           std::to_string(options.orthogonality_weight) +
                           " is negative");
  }
  if (options.alpha > 0 && std::isfinite(options.alpha)) return {};
  return InvalidArgument("alpha = " + std::to_string(options.alpha) +
                         " is not positive");
}

at::Tensor RandomMatrix(int64_t rows, int64_t columns, RandomStream stream) {
  at::Tensor matrix = at::empty({rows, columns}, at::kFloat);
  float* values = matrix.mutable_data_ptr<float>();
  for (int64_t i = 0; i < matrix.numel(); ++i) {
    values[i] = static_cast<float>(stream.Normal(0, kInitialDeviation));
  }
  return matrix;
}

SvdModules InitialModules(const Model& model,
                          const AdaLoraOptions& options,
                          uint64_t seed) {
  const at::Device device = internal::ToDevice(model.device());
  const int64_t rank = options.initial_rank;
  SvdModules modules;
  modules.options = options;
  modules.layers.resize(model.config().layers.size());
  for (int layer = 0; layer < model.config().num_layers(); ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      const MatrixShape shape =
          ProjectionShape(model.config(), layer, static_cast<Projection>(p));
      const auto index = static_cast<uint64_t>(layer * kNumProjections + p);
      SvdModule& module =
          modules.layers[static_cast<size_t>(layer)][static_cast<size_t>(p)];
      module.a =
          RandomMatrix(
              rank, shape.columns, RandomStream(seed, "adalora A", index))
              .to(device);
      module.b =
          RandomMatrix(shape.rows, rank, RandomStream(seed, "adalora B", index))
              .to(device);
      module.e = at::zeros({rank, 1}, module.a.options());
    }
  }
  return modules;
}

// --- Training ----------------------------------------------------------------

// fp32 on `device`, with tensors of its own.
SvdModules CopyTo(at::Device device, SvdModules modules) {
  internal::ForEachAdapted(modules, [&](SvdModule& module) {
    for (at::Tensor* tensor : {&module.a, &module.b, &module.e}) {
      *tensor = tensor->to(device, at::kFloat);
    }
  });
  return modules;
}

Status CheckUntrained(const SvdModules& modules) {
  bool trained = false;
  internal::ForEachAdapted(modules, [&](const SvdModule& module) {
    trained |= !module.kept.empty();
  });
  if (!trained) return {};
  return InvalidArgument(
      "the adapter has lost directions already: AdaLoRA allocates once");
}

Result<AdaLoraResult> Train(const Model& model,
                            const AdaLoraAdapter& initial,
                            const internal::UpdateSource& updates,
                            const RecoveryOptions& options,
                            const TrainingHooks& hooks) {
  RA_ASSIGN_OR_RETURN(
      AdaLoraSchedule schedule,
      MakeAdaLoraSchedule(initial.options(), updates.num_updates));
  internal::AdaLoraTrainable trainable(
      CopyTo(internal::ToDevice(model.device()), initial.modules()), schedule);
  RA_ASSIGN_OR_RETURN(
      internal::RecoveryLog log,
      internal::RunRecovery(model, updates, options, hooks, trainable));
  return AdaLoraResult{
      AdaLoraAdapter(std::make_shared<const SvdModules>(trainable.Finish())),
      schedule,
      std::move(log.steps),
      trainable.allocations(),
      log.tokens_per_second,
      std::move(log.checkpoint_file)};
}

template <typename Rows>
Result<AdaLoraResult> CheckAndTrain(const Model& model,
                                    const AdaLoraAdapter& initial,
                                    const Rows& rows,
                                    const RecoveryOptions& options,
                                    const TrainingHooks& hooks) {
  RA_RETURN_IF_ERROR(CheckOptions(initial.options()));
  RA_RETURN_IF_ERROR(CheckUntrained(initial.modules()));
  RA_RETURN_IF_ERROR(
      internal::CheckFits(internal::AsLora(initial.modules()), model.config()));
  RA_ASSIGN_OR_RETURN(internal::UpdateSource updates,
                      internal::UpdatesOf(model, rows, options));
  return internal::CatchTorch(
      [&] { return Train(model, initial, updates, options, hooks); });
}

}  // namespace

namespace internal {

double SvdModules::scale() const {
  return options.alpha / (options.initial_rank + 1e-5);
}

LoraModules AsLora(const SvdModules& modules) {
  LoraModules lora;
  lora.dropout = modules.options.dropout;
  lora.layers.resize(modules.layers.size());
  for (size_t layer = 0; layer < modules.layers.size(); ++layer) {
    for (size_t p = 0; p < kNumProjections; ++p) {
      const SvdModule& module = modules.layers[layer][p];
      if (!module.defined() || module.a.size(0) == 0) continue;
      lora.layers[layer][p] = {module.a * module.e, module.b, modules.scale()};
    }
  }
  return lora;
}

}  // namespace internal

Result<AdaLoraSchedule> MakeAdaLoraSchedule(const AdaLoraOptions& options,
                                            int64_t total_updates) {
  const AdaLoraSchedule schedule = {
      .total_updates = total_updates,
      .initial_updates = options.initial_updates.value_or(total_updates / 5),
      .final_updates = options.final_updates.value_or(total_updates * 3 / 10),
      .interval = options.allocation_interval};
  RA_RETURN_IF_ERROR(internal::CheckLowerBounds(
      {{"initial_updates", schedule.initial_updates, 0},
       {"final_updates", schedule.final_updates, 1}}));
  if (schedule.initial_updates < total_updates - schedule.final_updates) {
    return schedule;
  }
  return InvalidArgument(
      "initial_updates = " + std::to_string(schedule.initial_updates) +
      " and final_updates = " + std::to_string(schedule.final_updates) +
      " leave none of the run's " + std::to_string(total_updates) +
      " updates for ranks to fall in");
}

int64_t AdaLoraBudget(const AdaLoraOptions& options,
                      const AdaLoraSchedule& schedule,
                      int64_t num_modules,
                      int64_t step) {
  const int64_t first = options.initial_rank * num_modules;
  const int64_t last = options.target_rank * num_modules;
  const int64_t end = schedule.total_updates - schedule.final_updates;
  if (step <= schedule.initial_updates) return first;
  if (step >= end) return last;
  const double left =
      1 - static_cast<double>(step - schedule.initial_updates) /
              static_cast<double>(end - schedule.initial_updates);
  return static_cast<int64_t>(static_cast<double>(first - last) *
                                  std::pow(left, 3) +
                              static_cast<double>(last));
}

Result<AdaLoraAdapter> AdaLoraAdapter::Create(const Model& model,
                                              const AdaLoraOptions& options,
                                              uint64_t seed) {
  RA_RETURN_IF_ERROR(CheckOptions(options));
  return internal::CatchTorch([&]() -> Result<AdaLoraAdapter> {
    return AdaLoraAdapter(std::make_shared<const SvdModules>(
        InitialModules(model, options, seed)));
  });
}

AdaLoraAdapter::AdaLoraAdapter(
    std::shared_ptr<const internal::SvdModules> modules)
    : modules_(std::move(modules)) {}

Adapter AdaLoraAdapter::ToLora() const {
  return Adapter(std::make_shared<const internal::LoraModules>(
      internal::AsLora(*modules_)));
}

const AdaLoraOptions& AdaLoraAdapter::options() const {
  return modules_->options;
}

ModuleRanks AdaLoraAdapter::ranks() const {
  ModuleRanks ranks;
  for (const auto& layer : modules_->layers) {
    auto& row = ranks.emplace_back();
    for (size_t p = 0; p < kNumProjections; ++p) {
      row[p] = layer[p].defined() ? static_cast<int>(layer[p].a.size(0)) : 0;
    }
  }
  return ranks;
}

int64_t AdaLoraAdapter::NumModules() const {
  int64_t count = 0;
  internal::ForEachAdapted(*modules_, [&](const SvdModule&) { ++count; });
  return count;
}

int64_t AdaLoraAdapter::NumParameters() const {
  int64_t count = 0;
  internal::ForEachAdapted(*modules_, [&](const SvdModule& module) {
    count += module.a.numel() + module.b.numel() + module.e.numel();
  });
  return count;
}

Result<AdaLoraResult> RecoverAdaLora(const Model& model,
                                     const AdaLoraAdapter& initial,
                                     const RecoveryData& data,
                                     const RecoveryOptions& options,
                                     const TrainingHooks& hooks) {
  return CheckAndTrain(model, initial, data, options, hooks);
}

Result<AdaLoraResult> RecoverAdaLoraOnBatches(
    const Model& model,
    const AdaLoraAdapter& initial,
    std::span<const TokenBatch> batches,
    const RecoveryOptions& options,
    const TrainingHooks& hooks) {
  return CheckAndTrain(model, initial, batches, options, hooks);
}

}  // namespace rankadaptor::llama
