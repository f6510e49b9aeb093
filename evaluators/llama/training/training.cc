#include "rankadaptor/llama/training.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace rankadaptor::llama {

Result<LearningRateDecay> ParseLearningRateDecay(std::string_view name) {
  for (LearningRateDecay decay :
       {LearningRateDecay::kLinear, LearningRateDecay::kCosine}) {
    if (name == LearningRateDecayName(decay)) return decay;
  }
  return InvalidArgument("learning-rate decay \"" + std::string(name) +
                         "\" is not one of linear, cosine");
}

const char* LearningRateDecayName(LearningRateDecay decay) {
  return decay == LearningRateDecay::kLinear ? "linear" : "cosine";
}

double LearningRateSchedule::At(int64_t step) const {
  if (step < warmup_steps) {
    return peak * static_cast<double>(step) / static_cast<double>(warmup_steps);
  }
  const auto left =
      static_cast<double>(std::max<int64_t>(0, total_steps - step));
  const auto span =
      static_cast<double>(std::max<int64_t>(1, total_steps - warmup_steps));
  const double share = left / span;  // falls from 1 to 0
  if (decay == LearningRateDecay::kLinear) return peak * share;
  return peak * 0.5 * (1 - std::cos(std::numbers::pi * share));
}

int64_t TokenBatch::NumTargets() const {
  int64_t count = 0;
  for (size_t i = 1; i < labels.size(); ++i) {
    const bool row_begins = static_cast<int64_t>(i) % row_length == 0;
    const bool follows_token = !row_begins && attention_mask[i - 1] != 0;
    if (follows_token && labels[i] != kIgnoredLabel) ++count;
  }
  return count;
}

int64_t TokenBatch::NumTokens() const {
  return std::ranges::count_if(attention_mask,
                               [](uint8_t token) { return token != 0; });
}

}  // namespace rankadaptor::llama
