#include "evaluators/llama/pruning/saliency.h"

namespace rankadaptor::llama::internal {
namespace {

std::vector<double> ToVector(const at::Tensor& sums) {
  const at::Tensor flat = sums.to(at::kCPU, at::kDouble).contiguous();
  const double* data = flat.const_data_ptr<double>();
  return {data, data + flat.numel()};
}

at::Tensor FirstOrder(const ScoredWeight& w) { return w.weight * w.gradient; }

// W * acc * W: the mean over windows of (W * dL_j/dW)^2, or their sum.
at::Tensor SecondOrder(const ScoredWeight& w, SecondOrder form) {
  at::Tensor term = w.weight.square().mul_(w.mean_squares);
  if (form == SecondOrder::kSum) term.mul_(static_cast<double>(w.num_windows));
  return term;
}

// What each element adds to its channel; of either sign for kVectorize.
at::Tensor Saliency(const ScoredWeight& w, const WidthPruneOptions& options) {
  switch (options.criterion) {
    case WidthCriterion::kL1:
      return w.weight.abs();
    case WidthCriterion::kL2:
      return w.weight.square();
    case WidthCriterion::kVectorize:
      return FirstOrder(w);
    case WidthCriterion::kParamSecond:
      return SecondOrder(w, options.second_order).abs_();
    case WidthCriterion::kParamMix:
      return (FirstOrder(w) - 0.5 * SecondOrder(w, options.second_order))
          .abs_();
    default:
      return FirstOrder(w).abs_();
  }
}

}  // namespace

bool IsTaylor(WidthCriterion criterion) {
  return criterion == WidthCriterion::kVectorize ||
         criterion == WidthCriterion::kParamFirst || IsSecondOrder(criterion);
}

bool IsSecondOrder(WidthCriterion criterion) {
  return criterion == WidthCriterion::kParamSecond ||
         criterion == WidthCriterion::kParamMix;
}

std::vector<double> ChannelScores(const ScoredWeight& weight,
                                  int64_t axis,
                                  const WidthPruneOptions& options) {
  const at::Tensor sums =
      Saliency(weight, options).sum(1 - axis, /*keepdim=*/false, at::kDouble);
  return ToVector(sums.abs());
}

TermMagnitudes SumOfTerms(const ScoredWeight& weight,
                          const WidthPruneOptions& options) {
  const auto sum = [](const at::Tensor& term) {
    return term.abs().sum(at::kDouble).item<double>();
  };
  return {sum(FirstOrder(weight)),
          0.5 * sum(SecondOrder(weight, options.second_order))};
}

}  // namespace rankadaptor::llama::internal
