// Small models with random weights, the same on every run.
#ifndef RANKADAPTOR_TESTS_SUPPORT_RANDOM_MODEL_H_
#define RANKADAPTOR_TESTS_SUPPORT_RANDOM_MODEL_H_

#include <cstdint>

#include "rankadaptor/llama/model.h"

namespace rankadaptor::testing {

// 3 layers of different width, GQA (2 query heads per KV head), hidden 16,
// head_dim 4, vocabulary 32, tied embeddings.
llama::LlamaConfig SmallConfig();

// Weights normal with a standard deviation that keeps activations near one,
// norms near one; fp32 on the CPU.
llama::Model RandomModel(const llama::LlamaConfig& config, uint64_t seed);

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_SUPPORT_RANDOM_MODEL_H_
