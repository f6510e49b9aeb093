#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "rankadaptor/llama/pruning.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/pruning/couplings.h"

namespace rankadaptor::llama {
namespace {

using internal::LayerGroups;
using internal::LayerWeights;
using internal::Transformer;
using internal::Weights;

// Windows that go through the model together; bounds the memory for
// activations, not the result.
constexpr int64_t kWindowsPerPass = 16;

constexpr Projection kAttentionProjections[] = {
    Projection::kQ, Projection::kK, Projection::kV, Projection::kO};
constexpr Projection kMlpProjections[] = {
    Projection::kGate, Projection::kUp, Projection::kDown};

// The same values in fp32 as a tensor of its own, without copying if they are
// fp32 already, so that the model's own tensors stay without gradients.
at::Tensor Float32Alias(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.detach().to(at::kFloat) : tensor;
}

template <size_t n>
void RequireGradients(const Projection (&projections)[n],
                      LayerWeights* weights) {
  for (Projection p : projections) (*weights)[p].set_requires_grad(true);
}

// The model in fp32 with gradients for the weights in range.
Transformer Differentiable(const Transformer& model,
                           const WidthPruneOptions& options) {
  Weights weights = model.weights();
  weights.embed_tokens = Float32Alias(weights.embed_tokens);
  weights.final_norm = Float32Alias(weights.final_norm);
  weights.lm_head = Float32Alias(weights.lm_head);
  for (int i = 0; i < model.config().num_layers(); ++i) {
    LayerWeights& layer = weights.layers[i];
    for (at::Tensor& w : layer.projections) w = Float32Alias(w);
    layer.input_norm = Float32Alias(layer.input_norm);
    layer.post_attention_norm = Float32Alias(layer.post_attention_norm);
    if (options.attention_layers.contains(i)) {
      RequireGradients(kAttentionProjections, &layer);
    }
    if (options.mlp_layers.contains(i)) {
      RequireGradients(kMlpProjections, &layer);
    }
  }
  return Transformer(model.config(), std::move(weights));
}

// [num_windows, window_tokens] on the model's device.
at::Tensor ToIds(const TokenWindows& windows, const at::Device& device) {
  std::vector<at::Tensor> rows;
  for (const std::vector<int32_t>& window : windows) {
    rows.push_back(at::tensor(window, at::kInt));
  }
  return at::stack(rows).to(device, at::kLong);
}

// Adds the gradients of the mean next-token loss of all windows to the weights
// that require them and returns the loss (spec 1.4).
double BackpropagateLoss(const Transformer& model, const at::Tensor& ids) {
  const auto num_targets = static_cast<double>(ids.size(0) * (ids.size(1) - 1));
  double loss = 0;
  for (const at::Tensor& batch : ids.split(kWindowsPerPass)) {
    const at::Tensor mean =
        NextTokenLoss(model, model.HiddenStates(batch), batch).sum /
        num_targets;
    if (mean.requires_grad()) mean.backward();
    loss += mean.item<double>();
  }
  return loss;
}

// For each index along `axis` the sum of |w * dL/dw| (`param_first`).
std::vector<double> FirstOrderScores(const at::Tensor& weight, int64_t axis) {
  const at::Tensor scores = (weight.detach() * weight.grad())
                                .abs()
                                .sum(1 - axis, /*keepdim=*/false, at::kDouble)
                                .cpu();
  const double* data = scores.const_data_ptr<double>();
  return {data, data + scores.numel()};
}

Result<std::vector<double>> ScoreRootIndices(const graph::CoupledGroups& groups,
                                             const LayerWeights& weights,
                                             graph::Fold fold) {
  std::vector<std::vector<double>> scores;
  for (const graph::GroupMember& member : groups.members) {
    scores.push_back(
        FirstOrderScores(weights[internal::ProjectionOf(member)], member.axis));
  }
  return graph::RootScores(groups, scores, fold);
}

Result<LayerImportance> ScoreLayer(const LayerGroups& groups,
                                   const LayerWeights& weights,
                                   int layer,
                                   const WidthPruneOptions& options) {
  LayerImportance scores;
  if (options.attention_layers.contains(layer)) {
    RA_ASSIGN_OR_RETURN(
        scores.kv_channels,
        ScoreRootIndices(groups.attention, weights, options.gqa_fold));
    scores.kv_heads = graph::GroupScores(groups.attention, scores.kv_channels);
  }
  if (options.mlp_layers.contains(layer)) {
    RA_ASSIGN_OR_RETURN(
        scores.mlp_channels,
        ScoreRootIndices(groups.mlp, weights, options.gqa_fold));
  }
  return scores;
}

Result<Importance> Score(const Transformer& model,
                         const TokenWindows& windows,
                         const WidthPruneOptions& options) {
  const c10::AutoGradMode with_gradients(true);
  const Transformer copy = Differentiable(model, options);
  RA_ASSIGN_OR_RETURN(const std::vector<LayerGroups> groups,
                      internal::FindLayerGroups(model.config()));
  Importance importance;
  importance.loss = BackpropagateLoss(
      copy, ToIds(windows, copy.weights().embed_tokens.device()));
  if (!std::isfinite(importance.loss)) {
    return InvalidArgument(
        "the loss on the calibration windows is not finite, the model cannot "
        "be pruned by it");
  }
  for (int i = 0; i < model.config().num_layers(); ++i) {
    RA_ASSIGN_OR_RETURN(
        LayerImportance layer,
        ScoreLayer(groups[i], copy.weights().layers[i], i, options));
    importance.layers.push_back(std::move(layer));
  }
  return importance;
}

}  // namespace

Result<Importance> ComputeImportance(const Model& model,
                                     const TokenWindows& windows,
                                     const WidthPruneOptions& options) {
  RA_RETURN_IF_ERROR(PlanWidthPruning(model.config(), options));
  RA_RETURN_IF_ERROR(
      CheckCalibrationWindows(windows, model.config().vocab_size));
  return internal::CatchTorch(
      [&] { return Score(model.transformer(), windows, options); });
}

}  // namespace rankadaptor::llama
