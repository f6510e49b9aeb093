// What recovery (recovery.h) and pretraining (pretraining.h) share: the
// optimiser's settings, the learning-rate schedule, batches of tokens, and what
// an update reports.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_LLAMA_TRAINING_H_
#define RANKADAPTOR_LLAMA_TRAINING_H_

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/result.h"

namespace rankadaptor::llama {

// AdamW with decoupled weight decay (Loshchilov and Hutter, 2019).
struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  // on matrices only, never on norms
};

enum class LearningRateDecay { kLinear, kCosine };

// "linear" or "cosine"; else kInvalidArgument.
Result<LearningRateDecay> ParseLearningRateDecay(std::string_view name);
const char* LearningRateDecayName(LearningRateDecay decay);

// Linear warm-up from zero, then decay to zero at `total_steps`. Update s
// (0-based) uses At(s), so that the first update of a warm-up has rate 0, as
// Hugging Face's schedulers do (spec 2.1).
struct LearningRateSchedule {
  double peak = 0;
  int64_t warmup_steps = 0;
  int64_t total_steps = 0;
  LearningRateDecay decay = LearningRateDecay::kLinear;

  double At(int64_t step) const;
};

// A label that is no target.
inline constexpr int64_t kIgnoredLabel = -100;

// Rows of equal length, row-major. Labels are not shifted: labels[i] is the
// token at i, predicted from those before it.
struct TokenBatch {
  int64_t num_rows = 0;
  int64_t row_length = 0;
  std::vector<int64_t> ids;             // [num_rows, row_length]
  std::vector<int64_t> labels;          // [num_rows, row_length]
  std::vector<uint8_t> attention_mask;  // [num_rows, row_length], 0 at padding

  // Labels that are predicted: all but ignored ones and each row's first token,
  // which has nothing before it.
  int64_t NumTargets() const;
  // Tokens that are not padding.
  int64_t NumTokens() const;
};

// What one update of the weights was.
struct TrainingStep {
  int64_t step = 0;          // 0-based
  double loss = 0;           // nats per target, before the update
  double grad_norm = 0;      // over all trainable parameters, before clipping
  double learning_rate = 0;  // of this update
  int64_t num_tokens = 0;    // without padding
  int64_t num_targets = 0;
};

// How a caller follows and stops a training run; all are optional.
struct TrainingHooks {
  // Called after each update, on the training thread.
  std::function<void(const TrainingStep&)> observer;
  // Borrowed for the run; polled before each update.
  const CancellationFlag* cancellation = nullptr;
  // Borrowed for the run; measures the speed.
  const Clock* clock = &SystemClock();
};

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_TRAINING_H_
