#include "evaluators/llama/training/option_checks.h"

#include <cmath>

namespace rankadaptor::llama::internal {
namespace {

tl::unexpected<Error> Refuse(const char* name, double value, const char* what) {
  return InvalidArgument(std::string(name) + " = " + std::to_string(value) +
                         " is " + what);
}

}  // namespace

Status CheckLowerBounds(const std::vector<LowerBound>& fields) {
  for (const LowerBound& field : fields) {
    if (field.value < field.least) {
      return InvalidArgument(std::string(field.name) + " = " +
                             std::to_string(field.value) + " is less than " +
                             std::to_string(field.least));
    }
  }
  return {};
}

Status CheckRates(double learning_rate, double max_grad_norm) {
  if (!(learning_rate > 0) || !std::isfinite(learning_rate)) {
    return Refuse("learning_rate", learning_rate, "not positive");
  }
  if (!(max_grad_norm >= 0)) {
    return Refuse("max_grad_norm", max_grad_norm, "negative");
  }
  return {};
}

Status CheckAdamW(const AdamWOptions& options) {
  if (!(options.beta1 >= 0 && options.beta1 < 1)) {
    return Refuse("beta1", options.beta1, "not in [0, 1)");
  }
  if (!(options.beta2 >= 0 && options.beta2 < 1)) {
    return Refuse("beta2", options.beta2, "not in [0, 1)");
  }
  if (!(options.epsilon > 0)) {
    return Refuse("epsilon", options.epsilon, "not positive");
  }
  if (!(options.weight_decay >= 0)) {
    return Refuse("weight_decay", options.weight_decay, "negative");
  }
  return {};
}

Status CheckIds(const std::string& place,
                std::span<const int32_t> ids,
                int64_t vocab_size) {
  for (int32_t id : ids) {
    if (id >= 0 && id < vocab_size) continue;
    return InvalidArgument(place + ": id " + std::to_string(id) +
                           " is not in the vocabulary of " +
                           std::to_string(vocab_size));
  }
  return {};
}

}  // namespace rankadaptor::llama::internal
