// Who may look where, and attention under that mask.
#ifndef RANKADAPTOR_LLAMA_MODEL_ATTENTION_H_
#define RANKADAPTOR_LLAMA_MODEL_ATTENTION_H_

#include <cstdint>
#include <optional>

#include <ATen/ATen.h>

namespace rankadaptor::llama::internal {

struct ForwardOptions;

// Where a token may look: everywhere back (`additive` undefined), or where
// `additive` is 0, or, from `prefix_length` on, where it is 0 and before that
// everywhere back.
struct AttentionMask {
  int64_t prefix_length = 0;
  at::Tensor additive;  // 0 or -inf, [batch or 1, 1, queries, keys]
};

// `positions`: int64 [(batch,) length], each token's in its sequence. `window`:
// how many tokens a token sees, itself included; all if not set.
AttentionMask MakeAttentionMask(const ForwardOptions& options,
                                const at::Tensor& positions,
                                std::optional<int64_t> window,
                                at::ScalarType dtype);

// q, k, v: [batch, heads, length, head_dim].
at::Tensor Attend(const at::Tensor& q,
                  const at::Tensor& k,
                  const at::Tensor& v,
                  const AttentionMask& mask);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_MODEL_ATTENTION_H_
