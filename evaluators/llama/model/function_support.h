// What the differentiable functions of the layer share.
#ifndef RANKADAPTOR_LLAMA_MODEL_FUNCTION_SUPPORT_H_
#define RANKADAPTOR_LLAMA_MODEL_FUNCTION_SUPPORT_H_

#include <cstdint>
#include <optional>

#include <ATen/ATen.h>

namespace rankadaptor::llama::internal {

// Elements below which a second thread costs more than it gains.
inline constexpr int64_t kGrain = 16384;

// Arguments of a torch::autograd::Function may be missing, but not undefined.
using MaybeTensor = std::optional<at::Tensor>;
inline MaybeTensor IfDefined(const at::Tensor& x) {
  return x.defined() ? MaybeTensor(x) : std::nullopt;
}
inline at::Tensor OrUndefined(const MaybeTensor& x) {
  return x.value_or(at::Tensor());
}

// What cpu_kernels.h computes on.
inline bool IsPlainFp32(const at::Tensor& x) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat;
}
inline const float* Values(const at::Tensor& x) {
  return x.const_data_ptr<float>();
}
inline float* MutableValues(at::Tensor& x) {
  return x.mutable_data_ptr<float>();
}

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_MODEL_FUNCTION_SUPPORT_H_
