#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "rankadaptor/llama/depth_pruning.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/pruning/couplings.h"
#include "evaluators/llama/pruning/layer_gradients.h"

namespace rankadaptor::llama {
namespace {

using internal::LayerGradients;
using internal::LayerWeights;
using internal::Transformer;

// Sum of |values|^p.
double PowerSum(const at::Tensor& values, int p) {
  const at::Tensor powers = p == 1 ? values.abs() : values.square();
  return powers.sum(at::kDouble).item<double>();
}

// Scores of the nine weights of one layer by name; `values` holds what is
// summed.
std::vector<std::pair<std::string, double>> LayerScores(
    int layer, const LayerWeights& values, int p) {
  std::vector<std::pair<std::string, double>> scores;
  for (int i = 0; i < kNumProjections; ++i) {
    const auto projection = static_cast<Projection>(i);
    scores.emplace_back(internal::ProjectionTensorName(layer, projection),
                        PowerSum(values[projection], p));
  }
  const std::string prefix = "model.layers." + std::to_string(layer) + ".";
  scores.emplace_back(prefix + "input_layernorm.weight",
                      PowerSum(values.input_norm, p));
  scores.emplace_back(prefix + "post_attention_layernorm.weight",
                      PowerSum(values.post_attention_norm, p));
  return scores;
}

double Sum(const std::vector<std::pair<std::string, double>>& scores) {
  double sum = 0;
  for (const auto& [name, score] : scores) sum += score;
  return sum;
}

// W * dL/dW of each weight of a layer.
LayerWeights FirstOrder(const LayerGradients& layer) {
  LayerWeights terms;
  for (int i = 0; i < kNumProjections; ++i) {
    const auto p = static_cast<Projection>(i);
    terms[p] = layer.weights[p] * layer.gradients[p];
  }
  terms.input_norm = layer.weights.input_norm * layer.gradients.input_norm;
  terms.post_attention_norm =
      layer.weights.post_attention_norm * layer.gradients.post_attention_norm;
  return terms;
}

class BlockScorer {
 public:
  BlockScorer(const Transformer& model, const DepthPruneOptions& options)
      : model_(model), power_(options.norm_power) {
    result_.blocks.resize(model.config().layers.size());
  }

  BlockScores ByTaylor(const TokenWindows& windows) {
    internal::GradientRequest request;
    request.layers.assign(model_.config().layers.size(), {true, true, true});
    const internal::CalibrationLoss loss = internal::ForEachLayerGradients(
        model_,
        windows,
        request,
        [&](int layer, const LayerGradients& gradients) {
          const c10::NoGradGuard no_gradients;
          Add(layer, FirstOrder(gradients));
        });
    AddFinalNorm(FinalNorm() * loss.final_norm_gradient);
    return std::move(result_);
  }

  BlockScores ByMagnitude() {
    const c10::NoGradGuard no_gradients;
    for (int i = 0; i < model_.config().num_layers(); ++i) {
      Add(i, internal::Float32Alias(LayerOf(i)));
    }
    AddFinalNorm(FinalNorm());
    return std::move(result_);
  }

  // What goes into each layer of the whole model is kept, so that a model
  // without block i starts behind it.
  BlockScores ByPerplexity(const TokenWindows& windows) {
    const c10::NoGradGuard no_gradients;
    at::Tensor hidden = at::embedding(
        model_.weights().embed_tokens,
        internal::ToIds(windows, model_.weights().embed_tokens.device()));
    for (int i = 0; i < model_.config().num_layers(); ++i) {
      result_.blocks[static_cast<size_t>(i)] =
          std::exp(MeanLoss(Through(i + 1, hidden), windows));
      hidden = model_.RunLayer(i, LayerOf(i), hidden);
    }
    return std::move(result_);
  }

 private:
  void Add(int layer, const LayerWeights& values) {
    auto scores = LayerScores(layer, values, power_);
    result_.blocks[static_cast<size_t>(layer)] = Sum(scores);
    result_.weights.insert(result_.weights.end(), scores.begin(), scores.end());
  }
  void AddFinalNorm(const at::Tensor& values) {
    result_.weights.emplace_back("model.norm.weight", PowerSum(values, power_));
  }

  // Runs the layers from `begin` to the last.
  at::Tensor Through(int begin, at::Tensor hidden) const {
    for (int i = begin; i < model_.config().num_layers(); ++i) {
      hidden = model_.RunLayer(i, LayerOf(i), hidden);
    }
    return hidden;
  }

  // Window by window, since logits are large.
  double MeanLoss(const at::Tensor& hidden, const TokenWindows& windows) const {
    double sum = 0;
    for (int64_t j = 0; j < hidden.size(0); ++j) {
      const at::Tensor ids =
          internal::ToIds({windows[static_cast<size_t>(j)]}, hidden.device());
      sum +=
          NextTokenLoss(
              model_, internal::FinalNorm(model_, hidden.narrow(0, j, 1)), ids)
              .sum.item<double>();
    }
    return sum / static_cast<double>(windows.size() * (windows[0].size() - 1));
  }

  at::Tensor FinalNorm() const {
    return internal::Float32Alias(model_.weights().final_norm);
  }
  const LayerWeights& LayerOf(int i) const {
    return model_.weights().layers[static_cast<size_t>(i)];
  }

  const Transformer& model_;
  const int power_;
  BlockScores result_;
};

BlockScores Score(const Transformer& model,
                  const TokenWindows& windows,
                  const DepthPruneOptions& options) {
  BlockScorer scorer(model, options);
  switch (options.criterion) {
    case BlockCriterion::kMagnitude:
      return scorer.ByMagnitude();
    case BlockCriterion::kPerplexity:
      return scorer.ByPerplexity(windows);
    default:
      return scorer.ByTaylor(windows);
  }
}

}  // namespace

Result<BlockScores> ComputeBlockScores(const Model& model,
                                       const TokenWindows& windows,
                                       const DepthPruneOptions& options) {
  if (options.norm_power != 1 && options.norm_power != 2) {
    return InvalidArgument(
        "norm_power = " + std::to_string(options.norm_power) +
        " is not 1 or 2");
  }
  if (options.criterion != BlockCriterion::kMagnitude) {
    RA_RETURN_IF_ERROR(
        CheckCalibrationWindows(windows, model.config().vocab_size));
  }
  return internal::CatchTorch([&]() -> Result<BlockScores> {
    BlockScores scores = Score(model.transformer(), windows, options);
    for (size_t i = 0; i < scores.blocks.size(); ++i) {
      if (std::isfinite(scores.blocks[i])) continue;
      return InvalidArgument("the score of layer " + std::to_string(i) +
                             " is not finite, the model cannot be pruned by "
                             "it");
    }
    return scores;
  });
}

}  // namespace rankadaptor::llama
