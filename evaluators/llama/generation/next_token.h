// Which token follows, given the logits of all.
//
// No LibTorch here. Thread-safe: a function of its arguments.
#ifndef RANKADAPTOR_LLAMA_GENERATION_NEXT_TOKEN_H_
#define RANKADAPTOR_LLAMA_GENERATION_NEXT_TOKEN_H_

#include <cstdint>
#include <span>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/generation.h"

namespace rankadaptor::llama::internal {

// `logits` is not empty and finite. Greedy for temperature 0, which draws
// nothing; otherwise one number is drawn.
int32_t NextToken(std::span<const float> logits,
                  const GenerationOptions& options,
                  RandomStream& stream);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_GENERATION_NEXT_TOKEN_H_
