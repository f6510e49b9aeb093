#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/pruning.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/pruning/couplings.h"
#include "evaluators/llama/pruning/layer_gradients.h"
#include "evaluators/llama/pruning/saliency.h"

namespace rankadaptor::llama {
namespace {

using internal::LayerGradients;
using internal::LayerGroups;
using internal::ScoredWeight;
using internal::Transformer;

// Scores the layers of one model.
class LayerScorer {
 public:
  // All borrowed.
  LayerScorer(const std::vector<LayerGroups>& groups,
              const WidthPruneOptions& options,
              int64_t num_windows)
      : groups_(groups), options_(options), num_windows_(num_windows) {}

  Result<LayerImportance> Score(int layer, const LayerGradients& gradients) {
    return ScoreBy(layer, [&](const graph::GroupMember& member) {
      const Projection p = internal::ProjectionOf(member);
      const ScoredWeight weight = {gradients.weights[p].detach(),
                                   gradients.gradients[p],
                                   gradients.mean_squares[p],
                                   num_windows_};
      if (internal::IsSecondOrder(options_.criterion)) AddTerms(weight);
      return internal::ChannelScores(weight, member.axis, options_);
    });
  }

  // One draw per index of the root, the same for any order of layers.
  Result<LayerImportance> ScoreAtRandom(int layer) {
    RandomStream random(
        options_.seed, "random pruning", static_cast<uint64_t>(layer));
    return ScoreBy(layer, [&](const graph::GroupMember& member) {
      std::vector<double> scores(member.size);
      for (double& score : scores) score = random.UniformReal(0, 1);
      return scores;
    });
  }

  const TermMagnitudes& terms() const { return terms_; }

 private:
  template <typename ScoreMember>
  Result<LayerImportance> ScoreBy(int layer, ScoreMember&& score_member) {
    const LayerGroups& groups = groups_[static_cast<size_t>(layer)];
    LayerImportance scores;
    if (options_.attention_layers.contains(layer)) {
      RA_ASSIGN_OR_RETURN(scores.kv_channels,
                          ScoreRoot(groups.attention, score_member));
      scores.kv_heads =
          graph::GroupScores(groups.attention, scores.kv_channels);
    }
    if (options_.mlp_layers.contains(layer)) {
      RA_ASSIGN_OR_RETURN(scores.mlp_channels,
                          ScoreRoot(groups.mlp, score_member));
    }
    return scores;
  }

  template <typename ScoreMember>
  Result<std::vector<double>> ScoreRoot(const graph::CoupledGroups& groups,
                                        ScoreMember& score_member) const {
    std::vector<std::vector<double>> scores;
    for (const graph::GroupMember& member : groups.members) {
      scores.push_back(score_member(member));
    }
    const bool random = options_.criterion == WidthCriterion::kRandom;
    return graph::RootScores(
        groups,
        scores,
        options_.gqa_fold,
        random ? graph::Reduction::kFirst : ReductionOf(options_));
  }

  void AddTerms(const ScoredWeight& weight) {
    const TermMagnitudes added = internal::SumOfTerms(weight, options_);
    terms_.first_order += added.first_order;
    terms_.second_order += added.second_order;
  }

  const std::vector<LayerGroups>& groups_;
  const WidthPruneOptions& options_;
  const int64_t num_windows_;
  TermMagnitudes terms_;
};

internal::GradientRequest RequestFor(int num_layers,
                                     const WidthPruneOptions& options) {
  internal::GradientRequest request;
  request.mean_squares = internal::IsSecondOrder(options.criterion);
  for (int i = 0; i < num_layers; ++i) {
    request.layers.push_back({.attention = options.attention_layers.contains(i),
                              .mlp = options.mlp_layers.contains(i)});
  }
  return request;
}

Result<Importance> ScoreByTaylor(const Transformer& model,
                                 const TokenWindows& windows,
                                 const WidthPruneOptions& options,
                                 LayerScorer scorer) {
  const int num_layers = model.config().num_layers();
  Importance importance;
  importance.layers.resize(num_layers);
  Status status;
  const internal::CalibrationLoss loss = internal::ForEachLayerGradients(
      model,
      windows,
      RequestFor(num_layers, options),
      [&](int layer, const LayerGradients& gradients) {
        const c10::NoGradGuard no_gradients;
        auto scores = scorer.Score(layer, gradients);
        if (scores) {
          importance.layers[layer] = *std::move(scores);
        } else if (status) {
          status = tl::unexpected(scores.error());
        }
      });
  importance.loss = loss.mean;
  importance.window_losses = loss.window_means;
  if (internal::IsSecondOrder(options.criterion)) {
    importance.terms = scorer.terms();
  }
  if (!std::isfinite(loss.mean)) {
    return InvalidArgument(
        "the loss on the calibration windows is not finite, the model cannot "
        "be pruned by it");
  }
  RA_RETURN_IF_ERROR(status);
  return importance;
}

Result<Importance> ScoreWithoutLoss(const Transformer& model,
                                    const WidthPruneOptions& options,
                                    LayerScorer scorer) {
  const c10::NoGradGuard no_gradients;
  Importance importance;
  for (int i = 0; i < model.config().num_layers(); ++i) {
    LayerGradients layer;
    layer.weights =
        internal::Float32Alias(model.weights().layers[static_cast<size_t>(i)]);
    RA_ASSIGN_OR_RETURN(LayerImportance scores,
                        options.criterion == WidthCriterion::kRandom
                            ? scorer.ScoreAtRandom(i)
                            : scorer.Score(i, layer));
    importance.layers.push_back(std::move(scores));
  }
  return importance;
}

}  // namespace

bool NeedsCalibration(WidthCriterion criterion) {
  return internal::IsTaylor(criterion);
}

graph::Reduction ReductionOf(const WidthPruneOptions& options) {
  if (options.reduction) return *options.reduction;
  return internal::IsTaylor(options.criterion) ? graph::Reduction::kSum
                                               : graph::Reduction::kMean;
}

Result<Importance> ComputeImportance(const Model& model,
                                     const TokenWindows& windows,
                                     const WidthPruneOptions& options) {
  RA_RETURN_IF_ERROR(CheckWidthPruneOptions(model.config(), options));
  RA_ASSIGN_OR_RETURN(const std::vector<LayerGroups> groups,
                      internal::FindLayerGroups(model.config()));
  const LayerScorer scorer(groups, options, std::ssize(windows));
  return internal::CatchTorch([&]() -> Result<Importance> {
    if (!NeedsCalibration(options.criterion)) {
      return ScoreWithoutLoss(model.transformer(), options, scorer);
    }
    RA_RETURN_IF_ERROR(
        CheckCalibrationWindows(windows, model.config().vocab_size));
    return ScoreByTaylor(model.transformer(), windows, options, scorer);
  });
}

}  // namespace rankadaptor::llama
