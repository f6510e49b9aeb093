// One layer of a network for many rows at once: the inner loop of scoring
// candidates, in the widest vectors that the processor has.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SURROGATE_MLP_MULTIPLY_LANES_H_
#define RANKADAPTOR_SURROGATE_MLP_MULTIPLY_LANES_H_

#include <cstddef>

namespace rankadaptor::surrogate {

inline constexpr size_t kNumLanes = 16;

// One number of each of kNumLanes rows.
struct alignas(kNumLanes * sizeof(float)) Lanes {
  float values[kNumLanes];
};

// outputs[j] = biases[j] + sum_i inputs[i] * weights[i * num_outputs + j], in
// order of i. Every product is rounded before it is added, so that a row's sums
// are the same in every lane and on every processor.
void MultiplyLanes(const float* weights,
                   const float* biases,
                   const Lanes* inputs,
                   size_t num_inputs,
                   size_t num_outputs,
                   Lanes* outputs);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_MLP_MULTIPLY_LANES_H_
