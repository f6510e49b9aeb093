#include "surrogate/mlp/multiply_lanes.h"

namespace rankadaptor::surrogate {
namespace {

// Outputs whose sums stay in registers together.
constexpr size_t kBlock = 8;

// Lanes as the compiler's vector type.
typedef float Vector __attribute__((vector_size(sizeof(Lanes)), __may_alias__));

using Multiply =
    void(const float*, const float*, const Vector*, size_t, size_t, Vector*);

// The same function for a processor. A macro, because GCC splits wide vectors
// before it inlines a function into one for a wider processor.
#define RA_DEFINE_MULTIPLY(name, attribute)                         \
  attribute void name(const float* weights,                         \
                      const float* biases,                          \
                      const Vector* inputs,                         \
                      size_t num_inputs,                            \
                      size_t num_outputs,                           \
                      Vector* outputs) {                            \
    size_t j = 0;                                                   \
    for (; j + kBlock <= num_outputs; j += kBlock) {                \
      Vector sums[kBlock];                                          \
      for (size_t k = 0; k < kBlock; ++k) {                         \
        sums[k] = Vector{} + biases[j + k];                         \
      }                                                             \
      for (size_t i = 0; i < num_inputs; ++i) {                     \
        const float* row = weights + i * num_outputs + j;           \
        const Vector input = inputs[i];                             \
        for (size_t k = 0; k < kBlock; ++k) {                       \
          sums[k] += row[k] * input;                                \
        }                                                           \
      }                                                             \
      for (size_t k = 0; k < kBlock; ++k) outputs[j + k] = sums[k]; \
    }                                                               \
    for (; j < num_outputs; ++j) {                                  \
      Vector sum = Vector{} + biases[j];                            \
      for (size_t i = 0; i < num_inputs; ++i) {                     \
        sum += weights[i * num_outputs + j] * inputs[i];            \
      }                                                             \
      outputs[j] = sum;                                             \
    }                                                               \
  }

RA_DEFINE_MULTIPLY(MultiplyBaseline, )

#if defined(__x86_64__)
RA_DEFINE_MULTIPLY(MultiplyAvx2, __attribute__((target("avx2"))))
RA_DEFINE_MULTIPLY(MultiplyAvx512, __attribute__((target("avx512f"))))

Multiply* Choose() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return MultiplyAvx512;
  if (__builtin_cpu_supports("avx2")) return MultiplyAvx2;
  return MultiplyBaseline;
}
#else
Multiply* Choose() { return MultiplyBaseline; }
#endif

}  // namespace

void MultiplyLanes(const float* weights,
                   const float* biases,
                   const Lanes* inputs,
                   size_t num_inputs,
                   size_t num_outputs,
                   Lanes* outputs) {
  static Multiply* const multiply = Choose();
  multiply(weights,
           biases,
           reinterpret_cast<const Vector*>(inputs),
           num_inputs,
           num_outputs,
           reinterpret_cast<Vector*>(outputs));
}

}  // namespace rankadaptor::surrogate
