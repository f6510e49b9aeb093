// The gradients of the calibration loss, one layer at a time: a forward pass
// keeps what goes into each layer, then every layer, the last first, is
// computed again and differentiated alone. In memory at once are the model as
// it is, one layer's weights and gradients in fp32, and the inputs
// of the layers:
//
//   bytes(model) + 4 * (k * parameters(layer) +
//                       num_windows * window_tokens * hidden * (layers + 2))
//
// with k = 2 (weights, gradients), or 4 with mean squares; a model in fp32
// needs one parameters(layer) less, as its weights are used where they are.
// While the loss is taken, the output matrix in fp32 stands in the layer's
// place. The forward pass runs twice, which costs a third more time than
// keeping all gradients.
#ifndef RANKADAPTOR_LLAMA_PRUNING_LAYER_GRADIENTS_H_
#define RANKADAPTOR_LLAMA_PRUNING_LAYER_GRADIENTS_H_

#include <functional>
#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/llama/calibration.h"

#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama::internal {

// Which weights of a layer want gradients.
struct WantedGradients {
  bool attention = false;  // q, k, v, o
  bool mlp = false;        // gate, up, down
  bool norms = false;

  bool any() const { return attention || mlp || norms; }
};

struct GradientRequest {
  std::vector<WantedGradients> layers;  // one per layer
  bool mean_squares = false;
};

// All fp32, undefined where not wanted.
struct LayerGradients {
  LayerWeights weights;    // always defined
  LayerWeights gradients;  // dL/dW; L is the mean over all windows
  // (1/N) sum over windows j of (dL_j/dW)^2, elementwise, N windows.
  LayerWeights mean_squares;
};

struct CalibrationLoss {
  double mean = 0;                   // nats
  std::vector<double> window_means;  // L_j
  at::Tensor final_norm_gradient;    // [hidden]
};

// Calls `visit(layer, gradients)` for every layer that wants any, the last
// first; what it is given is gone when it returns. `windows` are checked.
// Throws what LibTorch throws.
CalibrationLoss ForEachLayerGradients(
    const Transformer& model,
    const TokenWindows& windows,
    const GradientRequest& request,
    const std::function<void(int layer, const LayerGradients&)>& visit);

// The same values in fp32 as a tensor of its own, without copying if they are
// fp32 already, so that the model's own tensors stay without gradients.
at::Tensor Float32Alias(const at::Tensor& tensor);
LayerWeights Float32Alias(const LayerWeights& weights);

// [num_windows, window_tokens] on `device`.
at::Tensor ToIds(const TokenWindows& windows, const at::Device& device);

// A transformer without layers that has the final norm and the output matrix
// of `model` in fp32: all that NextTokenLoss() needs.
Transformer OutputHead(const Transformer& model);

// The normalised hidden states behind the last layer's output.
at::Tensor FinalNorm(const Transformer& head, const at::Tensor& hidden);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_PRUNING_LAYER_GRADIENTS_H_
