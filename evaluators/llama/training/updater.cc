#include "evaluators/llama/training/updater.h"

#include <cmath>
#include <string>

namespace rankadaptor::llama::internal {
namespace {

bool PadsBeforeTokens(const TokenBatch& batch) {
  const auto& mask = batch.attention_mask;
  for (size_t i = 1; i < mask.size(); ++i) {
    const bool same_row = static_cast<int64_t>(i) % batch.row_length != 0;
    if (same_row && mask[i - 1] == 0 && mask[i] != 0) return true;
  }
  return false;
}

// Borrows `values`; the copy to the device ends the loan.
template <typename T>
at::Tensor Matrix(const std::vector<T>& values,
                  const TokenBatch& batch,
                  at::ScalarType type,
                  at::Device device) {
  return at::from_blob(const_cast<T*>(values.data()),
                       {batch.num_rows, batch.row_length},
                       at::TensorOptions(type))
      .to(device, type, /*non_blocking=*/false, /*copy=*/true);
}

Status CheckFinite(int64_t step, const char* what, double value) {
  if (std::isfinite(value)) return {};
  return Internal("update " + std::to_string(step) + ": the " + what + " is " +
                  std::to_string(value) +
                  "; a lower learning rate or float32 may help");
}

}  // namespace

Updater::Updater(const std::vector<at::Tensor*>& parameters,
                 const AdamWOptions& options,
                 double max_grad_norm)
    : parameters_(parameters),
      optimizer_(parameters_, options),
      max_grad_norm_(max_grad_norm) {}

Result<double> Updater::Finish(int64_t step,
                               double loss,
                               double learning_rate) {
  RA_RETURN_IF_ERROR(CheckFinite(step, "loss", loss));
  const double norm = parameters_.ClipGradientNorm(max_grad_norm_);
  RA_RETURN_IF_ERROR(CheckFinite(step, "gradient norm", norm));
  optimizer_.Step(learning_rate);
  return norm;
}

Status CheckAdamW(const AdamWOptions& options) {
  auto in_unit = [](double beta) { return beta >= 0 && beta < 1; };
  if (!in_unit(options.beta1)) {
    return InvalidArgument("beta1 = " + std::to_string(options.beta1) +
                           " is not in [0, 1)");
  }
  if (!in_unit(options.beta2)) {
    return InvalidArgument("beta2 = " + std::to_string(options.beta2) +
                           " is not in [0, 1)");
  }
  if (!(options.epsilon > 0)) {
    return InvalidArgument("epsilon = " + std::to_string(options.epsilon) +
                           " is not positive");
  }
  if (!(options.weight_decay >= 0)) {
    return InvalidArgument(
        "weight_decay = " + std::to_string(options.weight_decay) +
        " is negative");
  }
  return {};
}

Status CheckCancellation(const TrainingHooks& hooks, int64_t step) {
  if (hooks.cancellation == nullptr || !hooks.cancellation->cancelled()) {
    return {};
  }
  return Cancelled("training was cancelled before update " +
                   std::to_string(step));
}

BatchTensors ToTensors(const TokenBatch& batch, at::Device device) {
  BatchTensors tensors;
  tensors.ids = Matrix(batch.ids, batch, at::kLong, device);
  tensors.labels = Matrix(batch.labels, batch, at::kLong, device);
  if (PadsBeforeTokens(batch)) {
    tensors.attention_mask =
        Matrix(batch.attention_mask, batch, at::kByte, device).to(at::kBool);
  }
  return tensors;
}

}  // namespace rankadaptor::llama::internal
