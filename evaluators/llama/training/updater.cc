#include "evaluators/llama/training/updater.h"

#include <cmath>
#include <string>

namespace rankadaptor::llama::internal {
namespace {

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

std::vector<at::Tensor*> Updater::State() {
  std::vector<at::Tensor*> state = optimizer_.State();
  state.push_back(&parameters_.values());
  return state;
}

Status CheckCancellation(const TrainingHooks& hooks, int64_t step) {
  if (hooks.cancellation == nullptr || !hooks.cancellation->cancelled()) {
    return {};
  }
  return Cancelled("training was cancelled before update " +
                   std::to_string(step));
}

}  // namespace rankadaptor::llama::internal
