// The elementwise parts of a decoder layer as single passes over fp32 arrays.
// Small models spend more time on these than on matrix products when each is a
// chain of tensor operations (layer_ops.h chooses). Plain loops, compiled for
// several instruction sets; the best one is chosen when the program starts.
//
// Arrays do not overlap. Thread-safe; callers split the rows.
#ifndef RANKADAPTOR_LLAMA_MODEL_CPU_KERNELS_H_
#define RANKADAPTOR_LLAMA_MODEL_CPU_KERNELS_H_

#include <cstdint>

namespace rankadaptor::llama::internal {

// y = x / rms(x) * weight for rows of `width`; `scales[row]` = 1 / rms.
void RmsNormRows(const float* x,
                 const float* weight,
                 int64_t num_rows,
                 int64_t width,
                 float eps,
                 float* y,
                 float* scales);

// dx from dy; adds to dweight [width] unless it is null.
void RmsNormRowsBackward(const float* dy,
                         const float* x,
                         const float* weight,
                         const float* scales,
                         int64_t num_rows,
                         int64_t width,
                         float* dx,
                         float* dweight);

// y = silu(gate) * up.
void SwiGlu(const float* gate, const float* up, int64_t count, float* y);
void SwiGluBackward(const float* dy,
                    const float* gate,
                    const float* up,
                    int64_t count,
                    float* dgate,
                    float* dup);

// Where the heads of one row (batch entry) of [length, num_heads, head_dim] go:
// to [num_heads * repeat, length, head_dim], each head `repeat` times in a row.
struct HeadShape {
  int64_t length = 0;
  int64_t num_heads = 0;
  int64_t repeat = 1;
  int64_t head_dim = 0;  // even
};

// Moves and rotates (spec 7.4) one row: y = x * cosine + rot(x) * sine with
// tables [length, head_dim] whose sine carries the sign of rotate-half. Null
// tables: moves only.
void SpreadHeads(const float* x,
                 const float* cosine,
                 const float* signed_sine,
                 const HeadShape& shape,
                 float* y);

// dx from dy: sums over the repeats and rotates back.
void SpreadHeadsBackward(const float* dy,
                         const float* cosine,
                         const float* signed_sine,
                         const HeadShape& shape,
                         float* dx);

// 1 with probability `keep`, else 0; element i of a seed is always the same.
void FillKeepMask(
    uint64_t seed, double keep, int64_t begin, int64_t end, float* mask);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_MODEL_CPU_KERNELS_H_
