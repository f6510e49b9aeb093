// Text generation with a LLaMA-family model, token by token: greedy, or drawn
// from the likeliest tokens. Keys and values of what was seen are kept, so that
// a token costs one pass over itself alone.
//
//   RA_ASSIGN_OR_RETURN(Generation text, Generate(model, nullptr, ids, {}));
//
// Thread-safe: functions of their arguments.
#ifndef RANKADAPTOR_LLAMA_GENERATION_H_
#define RANKADAPTOR_LLAMA_GENERATION_H_

#include <cstdint>
#include <span>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/model.h"

namespace rankadaptor::llama {

struct GenerationOptions {
  int64_t max_new_tokens = 128;
  // Divides the logits; 0: always the likeliest token, the first of equals.
  double temperature = 0;
  // Draw from the `top_k` likeliest tokens (0: all), of these from the fewest
  // whose probabilities add up to `top_p`.
  int64_t top_k = 0;
  double top_p = 1;
  uint64_t seed = 0;
  // Stops with kCancelled between tokens. Borrowed, may be null.
  const CancellationFlag* cancellation = nullptr;
};

// kInvalidArgument names the option that is out of range.
Status CheckGenerationOptions(const GenerationOptions& options);

struct Generation {
  std::vector<int32_t> ids;  // new ones, without EOS
  bool ended = false;        // by EOS, not by max_new_tokens
};

// Goes on after `prompt`, which is not empty, until an EOS of the model's
// config or max_new_tokens. `adapter` may be null. kInvalidArgument for options
// out of range or ids outside the vocabulary, kFailedPrecondition if logits are
// not finite, kCancelled, kResourceExhausted.
Result<Generation> Generate(const Model& model,
                            const Adapter* adapter,
                            std::span<const int32_t> prompt,
                            const GenerationOptions& options);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_GENERATION_H_
