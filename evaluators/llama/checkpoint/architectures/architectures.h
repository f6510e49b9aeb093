// One constant per file of this folder.
#ifndef RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_ARCHITECTURES_H_
#define RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_ARCHITECTURES_H_

#include "rankadaptor/llama/architecture.h"

namespace rankadaptor::llama::internal {

extern const Architecture kLlama;
extern const Architecture kMistral;
extern const Architecture kQwen2;
extern const Architecture kQwen3;

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_CHECKPOINT_ARCHITECTURES_ARCHITECTURES_H_
