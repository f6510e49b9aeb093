// Matrix products of a decoder layer with low-rank adapters beside them, as one
// node of the graph for all that share an input: the A matrices are one
// product, and what adapters and dropout add is recomputed instead of kept.
//
// Thread-safe.
#ifndef RANKADAPTOR_LLAMA_MODEL_PROJECTIONS_H_
#define RANKADAPTOR_LLAMA_MODEL_PROJECTIONS_H_

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

namespace rankadaptor::llama::internal {

struct LoraModule;

// Projections of one input by frozen or trainable weights with adapters beside
// them (spec 5.1): x W^T + bias + scale * (dropout(x) A^T) B^T.
struct ProjectionGroup {
  // [out, in] each; at most three.
  std::vector<at::Tensor> weights;
  // [out], one per weight, undefined where there is none; empty: no biases.
  std::vector<at::Tensor> biases;
  // One per weight; null or undefined: not adapted. The dtype of A and B may be
  // wider than that of x and W.
  std::vector<const LoraModule*> adapters;
  // Of the input of A. The projections of a group share the mask, which PEFT
  // draws for each module: they see the same expectation.
  double dropout = 0;
  uint64_t dropout_seed = 0;
};

// One output per weight, in the dtype of x.
std::vector<at::Tensor> Project(const at::Tensor& x,
                                const ProjectionGroup& group);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_MODEL_PROJECTIONS_H_
