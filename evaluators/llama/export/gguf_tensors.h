// A model's weights under GGUF's names and in its order of rows.
#ifndef RANKADAPTOR_LLAMA_EXPORT_GGUF_TENSORS_H_
#define RANKADAPTOR_LLAMA_EXPORT_GGUF_TENSORS_H_

#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/llama/model.h"

#include "evaluators/llama/export/gguf_architecture.h"

namespace rankadaptor::llama::internal {

struct GgufWeight {
  std::string name;
  std::vector<int64_t> shape;
  // The elements in their order; a view of the model's own where rows have
  // changed places, so that no copy is made before it is written.
  at::Tensor tensor;
};

// All weights of `model` as `architecture`, which FindGgufArchitecture() gave
// for it, has them. kInvalidArgument names a tensor that GGUF has no name for.
Result<std::vector<GgufWeight>> GgufWeights(
    const Model& model, const GgufArchitecture& architecture);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_EXPORT_GGUF_TENSORS_H_
