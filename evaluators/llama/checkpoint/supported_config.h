// What of a config.json is supported at all; everything else is refused by name
// before a size is read.
#ifndef RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_SUPPORTED_CONFIG_H_
#define RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_SUPPORTED_CONFIG_H_

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/architecture.h"

#include "evaluators/llama/checkpoint/strict_json.h"

namespace rankadaptor::llama::internal {

// The architecture that the config names. kInvalidArgument says what is missing
// here to run such a model as it is meant: the architecture itself, biases that
// it has not, another activation, attention windows per layer, quantised
// weights.
Result<const Architecture*> ReadArchitecture(const JsonFields& fields);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_SUPPORTED_CONFIG_H_
