// AdamW (training.h) over a ParameterBuffer. Keeps two moments per parameter.
//
// One thread at a time.
#ifndef RANKADAPTOR_LLAMA_TRAINING_ADAMW_H_
#define RANKADAPTOR_LLAMA_TRAINING_ADAMW_H_

#include <ATen/ATen.h>

#include "rankadaptor/llama/training.h"

#include "evaluators/llama/training/parameter_buffer.h"

namespace rankadaptor::llama::internal {

class AdamW {
 public:
  // `parameters` must outlive this.
  AdamW(const ParameterBuffer& parameters, const AdamWOptions& options);

  // One update from the gradients in the buffer; weight decay acts on the
  // matrices.
  void Step(double learning_rate);

  // Moments and the number of steps, for checkpoints.
  std::vector<at::Tensor*> State();

 private:
  struct Group {
    ParameterBuffer::Span parameters;
    double weight_decay;
    at::Tensor first_moment;
    at::Tensor second_moment;
  };
  void AddGroup(const ParameterBuffer::Span& parameters, double weight_decay);

  AdamWOptions options_;
  std::vector<Group> groups_;
  at::Tensor num_steps_;  // fp32 scalar, where the parameters are
};

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_ADAMW_H_
