#include "evaluators/llama/training/parameter_buffer.h"

#include <algorithm>

#include <c10/core/GradMode.h>

#include "rankadaptor/common/check.h"

namespace rankadaptor::llama::internal {
namespace {

// Every tensor begins at a multiple of a cache line.
constexpr int64_t kAlignment = 16;

int64_t Padded(int64_t count) {
  return (count + kAlignment - 1) / kAlignment * kAlignment;
}

int64_t PaddedSize(const std::vector<at::Tensor*>& tensors) {
  int64_t size = 0;
  for (const at::Tensor* tensor : tensors) size += Padded(tensor->numel());
  return size;
}

}  // namespace

ParameterBuffer::ParameterBuffer(const std::vector<at::Tensor*>& tensors) {
  RA_CHECK(!tensors.empty());
  c10::NoGradGuard no_grad;
  // Matrices first, so that weight decay applies to one stretch.
  std::vector<at::Tensor*> ordered = tensors;
  auto middle = std::ranges::stable_partition(
      ordered, [](const at::Tensor* tensor) { return tensor->dim() > 1; });
  const int64_t size = PaddedSize(ordered);
  const int64_t matrices =
      PaddedSize(std::vector<at::Tensor*>(ordered.begin(), middle.begin()));
  auto options = at::TensorOptions(at::kFloat).device(ordered[0]->device());
  values_ = at::zeros({size}, options);
  gradients_ = at::zeros({size}, options);
  auto span = [&](int64_t begin, int64_t end) {
    return Span{values_.slice(0, begin, end), gradients_.slice(0, begin, end)};
  };
  matrices_ = span(0, matrices);
  vectors_ = span(matrices, size);

  int64_t offset = 0;
  for (at::Tensor* tensor : ordered) {
    const int64_t count = tensor->numel();
    auto view = [&](const at::Tensor& buffer) {
      return buffer.narrow(0, offset, count).view(tensor->sizes()).detach();
    };
    at::Tensor leaf = view(values_);
    leaf.copy_(*tensor);
    leaf.set_requires_grad(true);
    gradient_views_.push_back(view(gradients_));
    // Autograd adds into a gradient that is there.
    leaf.mutable_grad() = gradient_views_.back();
    *tensor = leaf;
    offset += Padded(count);
  }
}

void ParameterBuffer::ZeroGradients() { gradients_.zero_(); }

double ParameterBuffer::ClipGradientNorm(double max_norm) {
  c10::NoGradGuard no_grad;
  const auto norm = at::linalg_vector_norm(
                        at::stack(at::_foreach_norm(gradient_views_, 2)), 2)
                        .item<float>();
  // Single precision and the summand are those of clip_grad_norm_.
  const float factor = static_cast<float>(max_norm) / (norm + 1e-6F);
  if (max_norm > 0 && factor < 1) gradients_.mul_(factor);
  return norm;
}

}  // namespace rankadaptor::llama::internal
