// Between files and ATen: bytes of a checkpoint to tensors and back, and what
// LibTorch throws to Error.
#ifndef RANKADAPTOR_LLAMA_MODEL_TENSORS_H_
#define RANKADAPTOR_LLAMA_MODEL_TENSORS_H_

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/safetensors.h"

namespace rankadaptor::llama::internal {

at::ScalarType ToScalarType(Dtype dtype);
at::Device ToDevice(DeviceKind device);

// Copies a view of a mapped file (F32, BF16 or F16) into a tensor of `dtype` on
// `device`; the file's pages do not stay in memory. kInvalidArgument names the
// tensor and its dtype otherwise.
Result<at::Tensor> ToTensor(const std::string& name,
                            const TensorView& view,
                            at::ScalarType dtype,
                            at::Device device);

// `tensor` on the CPU, contiguous and in `dtype`; shares its memory if it is
// all that. kInvalidArgument names the tensor if a value is not finite or too
// large for `dtype`.
Result<at::Tensor> ForFile(const std::string& name,
                           const at::Tensor& tensor,
                           at::ScalarType dtype);

// Of a tensor that ForFile() returned.
std::span<const std::byte> BytesOf(const at::Tensor& tensor);

// Writes named tensors as one safetensors file with {"format": "pt"}. Makes one
// copy at a time. Errors as ForFile() and StreamSafetensors().
Status WriteTensors(
    const std::filesystem::path& file,
    const std::vector<std::pair<std::string, at::Tensor>>& named,
    at::ScalarType dtype);

// The sentence of an exception without LibTorch's stack trace; out of memory is
// kResourceExhausted.
Error FromException(const std::exception& exception);

// Calls `body`, which returns a Result, and turns what LibTorch throws into an
// Error.
template <typename Body>
auto CatchTorch(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& exception) {
    return tl::make_unexpected(FromException(exception));
  }
}

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_MODEL_TENSORS_H_
