// Trainable tensors laid out in one buffer, their gradients in another, so that
// the optimiser and the clipping see a few long vectors instead of hundreds of
// short ones (at small widths the calls cost more than the arithmetic).
//
// One thread at a time.
#ifndef RANKADAPTOR_LLAMA_TRAINING_PARAMETER_BUFFER_H_
#define RANKADAPTOR_LLAMA_TRAINING_PARAMETER_BUFFER_H_

#include <vector>

#include <ATen/ATen.h>

namespace rankadaptor::llama::internal {

class ParameterBuffer {
 public:
  // Replaces each of `tensors` (at least one, all on one device) by an fp32
  // leaf with the same values that lives in this buffer and whose gradient is
  // collected in it.
  explicit ParameterBuffer(const std::vector<at::Tensor*>& tensors);
  ParameterBuffer(const ParameterBuffer&) = delete;
  ParameterBuffer& operator=(const ParameterBuffer&) = delete;

  // A stretch of the two buffers: parameters of one kind.
  struct Span {
    at::Tensor values;
    at::Tensor gradients;
  };
  const Span& matrices() const { return matrices_; }
  // Parameters with one dimension: empty tensors if there are none.
  const Span& vectors() const { return vectors_; }

  // All parameters as one vector, for checkpoints.
  at::Tensor& values() { return values_; }

  void ZeroGradients();

  // Euclidean norm of all gradients, each tensor's first, as torch's
  // clip_grad_norm_ computes it; then scales them to at most `max_norm` (0: not
  // at all). Returns the norm before.
  double ClipGradientNorm(double max_norm);

 private:
  at::Tensor values_;
  at::Tensor gradients_;
  Span matrices_;
  Span vectors_;
  std::vector<at::Tensor> gradient_views_;
};

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_PARAMETER_BUFFER_H_
