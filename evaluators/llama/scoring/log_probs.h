// From hidden states to the log-probabilities of given tokens, without holding
// the probabilities of all tokens at all places at once.
#ifndef RANKADAPTOR_LLAMA_SCORING_LOG_PROBS_H_
#define RANKADAPTOR_LLAMA_SCORING_LOG_PROBS_H_

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/ATen.h>

#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama::internal {

struct TargetLogProbs {
  std::vector<float> log_probs;    // fp32 whatever the model's dtype
  std::vector<uint8_t> is_argmax;  // the target is the most likely token
};

// hidden: [num_targets, hidden_size]; row i predicts targets[i].
TargetLogProbs LogProbsOf(const Transformer& transformer,
                          const at::Tensor& hidden,
                          std::span<const int64_t> targets);

// A copy of `values` on `device` as a tensor of this shape.
at::Tensor ToDeviceTensor(std::span<const int64_t> values,
                          at::IntArrayRef shape,
                          at::Device device);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_SCORING_LOG_PROBS_H_
