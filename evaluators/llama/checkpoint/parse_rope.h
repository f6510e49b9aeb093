// The rotary embeddings of a config.json (spec 7.4, 7.5).
#ifndef RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_PARSE_ROPE_H_
#define RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_PARSE_ROPE_H_

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model_config.h"

#include "evaluators/llama/checkpoint/strict_json.h"

namespace rankadaptor::llama::internal {

// Sets rope_theta and rope_scaling. They may stand at the top (rope_theta,
// rope_scaling) or, since transformers 5, in rope_parameters; where both do,
// they must agree. kInvalidArgument names a type that is not supported.
Status ReadRope(const JsonFields& fields, LlamaConfig& config);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_EVALUATORS_LLAMA_CHECKPOINT_PARSE_ROPE_H_
