// Activation recomputation (gradient checkpointing): of a layer only what goes
// in is kept, and backward computes the rest again. The gradients are those of
// the plain pass, bit for bit where its operations repeat themselves.
//
// Thread-safe.
#ifndef RANKADAPTOR_LLAMA_MODEL_RECOMPUTE_H_
#define RANKADAPTOR_LLAMA_MODEL_RECOMPUTE_H_

#include <functional>

#include <ATen/ATen.h>

#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama::internal {

// A layer's output from its input and its adapters (null: none). Called again
// in backward, so it must own or outlive what it needs, and give the same.
using LayerFunction = std::function<at::Tensor(const at::Tensor& hidden,
                                               const LayerAdapters* adapters)>;

// layer(hidden, adapters) as one node of the graph, with gradients for `hidden`
// and the adapters' matrices.
at::Tensor RunRecomputed(const LayerFunction& layer,
                         const at::Tensor& hidden,
                         const LayerAdapters* adapters);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_MODEL_RECOMPUTE_H_
