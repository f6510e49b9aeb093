#include "evaluators/llama/pruning/layer_gradients.h"

#include <algorithm>
#include <utility>

#include <c10/core/GradMode.h>

#include "evaluators/llama/model/layer_ops.h"

namespace rankadaptor::llama::internal {
namespace {

// Windows that go through a layer together; bounds the memory for
// activations, not the result.
constexpr int64_t kWindowsPerPass = 16;

constexpr Projection kAttentionProjections[] = {
    Projection::kQ, Projection::kK, Projection::kV, Projection::kO};
constexpr Projection kMlpProjections[] = {
    Projection::kGate, Projection::kUp, Projection::kDown};

// Calls `function` with the same tensor of each of `layers`, for every tensor
// of a layer that is wanted.
template <typename Function, typename... Layers>
void ForEachWanted(const WantedGradients& wanted,
                   Function&& function,
                   Layers&... layers) {
  if (wanted.attention) {
    for (Projection p : kAttentionProjections) function(layers[p]...);
  }
  if (wanted.mlp) {
    for (Projection p : kMlpProjections) function(layers[p]...);
  }
  if (wanted.norms) {
    function(layers.input_norm...);
    function(layers.post_attention_norm...);
  }
}

class LayerHarvest {
 public:
  LayerHarvest(const Transformer& model,
               const at::Tensor& ids,
               const GradientRequest& request)
      : model_(model),
        ids_(ids),
        request_(request),
        first_(static_cast<int>(
            std::ranges::find_if(request.layers, &WantedGradients::any) -
            request.layers.begin())) {}

  CalibrationLoss Run(
      const std::function<void(int, const LayerGradients&)>& visit) {
    RunForward();
    CalibrationLoss loss = BackpropagateLoss();
    for (int i = model_.config().num_layers() - 1; i >= first_; --i) {
      const LayerGradients gradients = BackpropagateLayer(i);
      if (request_.layers[static_cast<size_t>(i)].any()) visit(i, gradients);
    }
    return loss;
  }

 private:
  // Fills inputs_ from first_ on, the last layer's output behind them.
  void RunForward() {
    const c10::NoGradGuard no_gradients;
    const int num_layers = model_.config().num_layers();
    inputs_.resize(static_cast<size_t>(num_layers) + 1);
    at::Tensor hidden =
        at::embedding(model_.weights().embed_tokens, ids_).to(at::kFloat);
    for (int i = 0; i < num_layers; ++i) {
      if (i >= first_) inputs_[static_cast<size_t>(i)] = hidden;
      const LayerWeights weights = Float32Alias(LayerOf(i));
      std::vector<at::Tensor> outputs;
      for (const at::Tensor& batch : hidden.split(kWindowsPerPass)) {
        outputs.push_back(model_.RunLayer(i, weights, batch));
      }
      hidden = at::cat(outputs);
    }
    inputs_.back() = hidden;
  }

  // Sets upstream_ to the gradient of the mean loss, window by window, since
  // logits are large.
  CalibrationLoss BackpropagateLoss() {
    const Transformer head = OutputHead(model_);
    at::Tensor norm = head.weights().final_norm;
    norm.set_requires_grad(true);
    const auto num_windows = static_cast<double>(ids_.size(0));
    const auto num_targets = static_cast<double>(ids_.size(1) - 1);
    CalibrationLoss loss;
    std::vector<at::Tensor> gradients;
    for (int64_t j = 0; j < ids_.size(0); ++j) {
      const at::Tensor hidden = Leaf(inputs_.back().narrow(0, j, 1));
      const at::Tensor mean =
          NextTokenLoss(head, FinalNorm(head, hidden), ids_.narrow(0, j, 1))
              .sum /
          num_targets;
      (mean / num_windows).backward();
      gradients.push_back(hidden.grad());
      loss.window_means.push_back(mean.item<double>());
      loss.mean += loss.window_means.back() / num_windows;
    }
    upstream_ = at::cat(gradients);
    inputs_.back().reset();
    loss.final_norm_gradient = norm.grad();
    return loss;
  }

  // Takes upstream_ from the layer's output to its input.
  LayerGradients BackpropagateLayer(int i) {
    const WantedGradients& wanted = request_.layers[static_cast<size_t>(i)];
    LayerGradients layer;
    layer.weights = Float32Alias(LayerOf(i));
    ForEachWanted(
        wanted,
        [](at::Tensor& weight) { weight.set_requires_grad(true); },
        layer.weights);
    std::vector<at::Tensor> gradients;
    const int64_t step = request_.mean_squares ? 1 : kWindowsPerPass;
    const std::vector<at::Tensor> upstream = upstream_.split(step);
    const std::vector<at::Tensor> inputs =
        inputs_[static_cast<size_t>(i)].split(step);
    for (size_t b = 0; b < inputs.size(); ++b) {
      const at::Tensor input = Leaf(inputs[b]);
      model_.RunLayer(i, layer.weights, input).backward(upstream[b]);
      gradients.push_back(input.grad());
      if (request_.mean_squares) AddWindow(wanted, &layer);
    }
    if (!request_.mean_squares) TakeGradients(wanted, &layer);
    upstream_ = at::cat(gradients);
    inputs_[static_cast<size_t>(i)].reset();
    return layer;
  }

  // Moves one window's share into the sums.
  void AddWindow(const WantedGradients& wanted, LayerGradients* layer) const {
    const auto num_windows = static_cast<double>(ids_.size(0));
    ForEachWanted(
        wanted,
        [&](at::Tensor& weight, at::Tensor& sum, at::Tensor& squares) {
          const at::Tensor share = std::exchange(weight.mutable_grad(), {});
          const at::Tensor square =
              (share * num_windows).square_().div_(num_windows);
          sum = sum.defined() ? sum.add_(share) : share;
          squares = squares.defined() ? squares.add_(square) : square;
        },
        layer->weights,
        layer->gradients,
        layer->mean_squares);
  }

  static void TakeGradients(const WantedGradients& wanted,
                            LayerGradients* layer) {
    ForEachWanted(
        wanted,
        [](at::Tensor& weight, at::Tensor& gradient) {
          gradient = std::exchange(weight.mutable_grad(), {});
        },
        layer->weights,
        layer->gradients);
  }

  static at::Tensor Leaf(const at::Tensor& values) {
    return values.detach().set_requires_grad(true);
  }
  const LayerWeights& LayerOf(int i) const {
    return model_.weights().layers[static_cast<size_t>(i)];
  }

  const Transformer& model_;
  const at::Tensor ids_;
  const GradientRequest& request_;
  const int first_;  // no gradient is needed below this layer

  std::vector<at::Tensor> inputs_;  // [windows, tokens, hidden] each
  at::Tensor upstream_;             // the same
};

}  // namespace

CalibrationLoss ForEachLayerGradients(
    const Transformer& model,
    const TokenWindows& windows,
    const GradientRequest& request,
    const std::function<void(int, const LayerGradients&)>& visit) {
  const c10::AutoGradMode with_gradients(true);
  const at::Tensor ids = ToIds(windows, model.weights().embed_tokens.device());
  return LayerHarvest(model, ids, request).Run(visit);
}

at::Tensor Float32Alias(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.detach().to(at::kFloat) : tensor;
}

LayerWeights Float32Alias(const LayerWeights& weights) {
  LayerWeights alias = weights;
  ForEachTensor(alias, [](const auto&, at::Tensor& tensor) {
    tensor = Float32Alias(tensor);
  });
  return alias;
}

at::Tensor ToIds(const TokenWindows& windows, const at::Device& device) {
  std::vector<at::Tensor> rows;
  for (const std::vector<int32_t>& window : windows) {
    rows.push_back(at::tensor(window, at::kInt));
  }
  return at::stack(rows).to(device, at::kLong);
}

Transformer OutputHead(const Transformer& model) {
  LlamaConfig config = model.config();
  config.layers.clear();
  Weights weights = model.weights();
  weights.layers.clear();
  weights.final_norm = Float32Alias(weights.final_norm);
  if (weights.lm_head.defined()) {
    weights.lm_head = Float32Alias(weights.lm_head);
  } else {
    weights.embed_tokens = Float32Alias(weights.embed_tokens);
  }
  return Transformer(std::move(config), std::move(weights));
}

at::Tensor FinalNorm(const Transformer& head, const at::Tensor& hidden) {
  return RmsNorm(hidden, head.weights().final_norm, head.config().rms_norm_eps);
}

}  // namespace rankadaptor::llama::internal
