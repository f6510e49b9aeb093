// Gradients of the calibration loss for all weights of all layers at once, in
// the plain way: one graph through the whole model in fp32. What is harvested
// layer by layer must equal it.
#ifndef RANKADAPTOR_TESTS_SUPPORT_WHOLE_MODEL_GRADIENTS_H_
#define RANKADAPTOR_TESTS_SUPPORT_WHOLE_MODEL_GRADIENTS_H_

#include <vector>

#include "evaluators/llama/pruning/layer_gradients.h"

namespace rankadaptor::testing {

// One entry per layer; mean squares by one backward pass per window.
std::vector<llama::internal::LayerGradients> WholeModelGradients(
    const llama::internal::Transformer& model,
    const llama::TokenWindows& windows,
    bool mean_squares);

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_SUPPORT_WHOLE_MODEL_GRADIENTS_H_
