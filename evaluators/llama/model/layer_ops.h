// The differentiable steps of a decoder layer that are not matrix products
// (projections.h has those). Each is one node of the graph
// that keeps its inputs and recomputes the rest, so that training takes less
// memory than a chain of tensor operations; on the CPU in fp32 each is also one
// pass over memory (cpu_kernels.h).
//
// Thread-safe.
#ifndef RANKADAPTOR_LLAMA_MODEL_LAYER_OPS_H_
#define RANKADAPTOR_LLAMA_MODEL_LAYER_OPS_H_

#include <ATen/ATen.h>

namespace rankadaptor::llama::internal {

// Root-mean-square norm over the last dimension: statistics in fp32, rounded to
// the input's dtype before the weight is applied (spec 7.3).
at::Tensor RmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps);

// silu(gate) * up.
at::Tensor SwiGlu(const at::Tensor& gate, const at::Tensor& up);

// Rotary tables in the activations' dtype. The sine carries the sign of
// rotate-half, so that rot(q) * sin is roll(q, d/2) * signed_sine.
struct RotaryTables {
  at::Tensor cosine;       // [length or batch, length, 1, head_dim]
  at::Tensor signed_sine;  // the same
};

// x: [batch, length, num_heads * head_dim] -> [batch, num_heads * repeat,
// length, head_dim], each head `repeat` times in a row, rotated unless `tables`
// is null.
at::Tensor SpreadHeads(const at::Tensor& x,
                       const RotaryTables* tables,
                       int64_t num_heads,
                       int64_t repeat);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_MODEL_LAYER_OPS_H_
