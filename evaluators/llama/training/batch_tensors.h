// Batches of tokens as tensors.
#ifndef RANKADAPTOR_LLAMA_TRAINING_BATCH_TENSORS_H_
#define RANKADAPTOR_LLAMA_TRAINING_BATCH_TENSORS_H_

#include <string>

#include <ATen/ATen.h>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/training.h"

namespace rankadaptor::llama::internal {

// kInvalidArgument, starting with `place`, unless the vectors have the sizes
// that the batch says, ids and labels are in the vocabulary (or ignored),
// padding stands only at the ends of rows, and something is a target.
Status CheckBatch(const std::string& place,
                  const TokenBatch& batch,
                  int64_t vocab_size);

struct BatchTensors {
  at::Tensor ids;     // int64 [rows, length]
  at::Tensor labels;  // int64 [rows, length]
};

// The tokens of each row from position 0 on, padding after them, as short as
// the longest row allows. Moving left padding to the right changes nothing that
// is learned, since rotary embeddings see only distances, and lets attention be
// plainly causal, which is faster than a mask. `batch` must be one that
// CheckBatch() accepts.
BatchTensors ToTensors(const TokenBatch& batch, at::Device device);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_BATCH_TENSORS_H_
