#include "tests/support/whole_model_gradients.h"

#include <c10/core/GradMode.h>

namespace rankadaptor::testing {
namespace {

using llama::TokenWindows;
using llama::internal::LayerGradients;
using llama::internal::LayerWeights;
using llama::internal::Transformer;
using llama::internal::Weights;

template <typename Function>
void ForEachTensor(LayerWeights* layer, Function&& function) {
  for (at::Tensor& weight : layer->projections) function(&weight);
  function(&layer->input_norm);
  function(&layer->post_attention_norm);
}

Transformer Differentiable(const Transformer& model) {
  using llama::internal::Float32Alias;
  Weights weights = model.weights();
  weights.embed_tokens = Float32Alias(weights.embed_tokens);
  weights.final_norm = Float32Alias(weights.final_norm);
  weights.lm_head = Float32Alias(weights.lm_head);
  for (LayerWeights& layer : weights.layers) {
    layer = Float32Alias(layer);
    ForEachTensor(&layer,
                  [](at::Tensor* weight) { weight->set_requires_grad(true); });
  }
  return Transformer(model.config(), std::move(weights));
}

// The gradients of the mean loss of `windows`, one entry per layer.
std::vector<LayerWeights> Gradients(const Transformer& model,
                                    const TokenWindows& windows) {
  const at::Tensor ids =
      llama::internal::ToIds(windows, model.weights().embed_tokens.device());
  const auto loss = NextTokenLoss(model, model.HiddenStates(ids), ids);
  (loss.sum / loss.num_targets).backward();
  std::vector<LayerWeights> gradients = model.weights().layers;
  for (LayerWeights& layer : gradients) {
    ForEachTensor(&layer, [](at::Tensor* weight) {
      at::Tensor gradient = weight->grad();
      weight->mutable_grad().reset();
      *weight = gradient;
    });
  }
  return gradients;
}

void AddSquares(LayerWeights window, double factor, LayerWeights* sums) {
  std::vector<at::Tensor*> targets;
  ForEachTensor(sums, [&](at::Tensor* sum) { targets.push_back(sum); });
  size_t i = 0;
  ForEachTensor(&window, [&](at::Tensor* gradient) {
    const at::Tensor square = gradient->square() * factor;
    at::Tensor& sum = *targets[i++];
    sum = sum.defined() ? sum + square : square;
  });
}

}  // namespace

std::vector<LayerGradients> WholeModelGradients(const Transformer& model,
                                                const TokenWindows& windows,
                                                bool mean_squares) {
  const c10::AutoGradMode with_gradients(true);
  const Transformer copy = Differentiable(model);
  const std::vector<LayerWeights> means = Gradients(copy, windows);
  std::vector<LayerGradients> result(means.size());
  for (size_t i = 0; i < means.size(); ++i) {
    result[i].weights = copy.weights().layers[i];
    result[i].gradients = means[i];
  }
  if (!mean_squares) return result;
  const double factor = 1.0 / static_cast<double>(windows.size());
  for (const auto& window : windows) {
    const std::vector<LayerWeights> own = Gradients(copy, {window});
    for (size_t i = 0; i < own.size(); ++i) {
      AddSquares(own[i], factor, &result[i].mean_squares);
    }
  }
  return result;
}

}  // namespace rankadaptor::testing
