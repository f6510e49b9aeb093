// Checks of training options and ids; each error is kInvalidArgument, names the
// field, its value and what was allowed.
#ifndef RANKADAPTOR_LLAMA_TRAINING_OPTION_CHECKS_H_
#define RANKADAPTOR_LLAMA_TRAINING_OPTION_CHECKS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/training.h"

namespace rankadaptor::llama::internal {

// A field that must be at least `least`.
struct LowerBound {
  const char* name;
  int64_t value;
  int64_t least;
};
Status CheckLowerBounds(const std::vector<LowerBound>& fields);

Status CheckRates(double learning_rate, double max_grad_norm);
Status CheckAdamW(const AdamWOptions& options);

// `place` starts the message, e.g. "row 3".
Status CheckIds(const std::string& place,
                std::span<const int32_t> ids,
                int64_t vocab_size);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_OPTION_CHECKS_H_
