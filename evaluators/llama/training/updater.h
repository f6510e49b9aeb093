// One training run's optimiser: from collected gradients to changed weights,
// with the checks that every update needs.
//
// One thread at a time.
#ifndef RANKADAPTOR_LLAMA_TRAINING_UPDATER_H_
#define RANKADAPTOR_LLAMA_TRAINING_UPDATER_H_

#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/training.h"

#include "evaluators/llama/training/adamw.h"
#include "evaluators/llama/training/parameter_buffer.h"

namespace rankadaptor::llama::internal {

class Updater {
 public:
  // Replaces the tensors by trainable leaves (ParameterBuffer).
  Updater(const std::vector<at::Tensor*>& parameters,
          const AdamWOptions& options,
          double max_grad_norm);

  // Before the first backward pass of an update.
  void Begin() { parameters_.ZeroGradients(); }

  // After the last one: clips and applies the gradients of update `step`, whose
  // loss was `loss`. Returns the norm before clipping, or kInternal, naming the
  // update, when loss or norm is not finite; the weights are then untouched.
  Result<double> Finish(int64_t step, double loss, double learning_rate);

  // The parameters, as one vector, and the optimiser's state, for checkpoints.
  std::vector<at::Tensor*> State();

 private:
  ParameterBuffer parameters_;
  AdamW optimizer_;
  double max_grad_norm_;
};

// kCancelled, naming the update that was not made, if a stop was asked for.
Status CheckCancellation(const TrainingHooks& hooks, int64_t step);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_UPDATER_H_
