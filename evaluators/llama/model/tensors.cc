#include "evaluators/llama/model/tensors.h"

#include <cmath>
#include <map>
#include <optional>

#include "evaluators/llama/checkpoint/mapped_file.h"

namespace rankadaptor::llama::internal {
namespace {

std::optional<at::ScalarType> FileScalarType(const std::string& dtype) {
  if (dtype == "F32") return at::kFloat;
  if (dtype == "BF16") return at::kBFloat16;
  if (dtype == "F16") return at::kHalf;
  return std::nullopt;
}

const char* FileDtype(at::ScalarType dtype) {
  return dtype == at::kFloat ? "F32" : dtype == at::kBFloat16 ? "BF16" : "F16";
}

// Why a tensor has no finite copy of `dtype`.
tl::unexpected<Error> NotFinite(const std::string& name,
                                const at::Tensor& tensor,
                                at::ScalarType dtype) {
  const auto largest = tensor.to(at::kFloat).abs().max().item<float>();
  if (!std::isfinite(largest)) {
    return InvalidArgument("tensor " + name +
                           " has values that are not finite");
  }
  return InvalidArgument(
      "tensor " + name + " has a value of magnitude " +
      std::to_string(largest) + ", too large for " +
      (dtype == at::kHalf ? "float16 (65504 at most); write bfloat16 or float32"
                          : "bfloat16; write float32"));
}

}  // namespace

at::ScalarType ToScalarType(Dtype dtype) {
  return dtype == Dtype::kFloat32    ? at::kFloat
         : dtype == Dtype::kBFloat16 ? at::kBFloat16
                                     : at::kHalf;
}

at::Device ToDevice(DeviceKind device) {
  return device == DeviceKind::kCpu ? at::kCPU : at::kCUDA;
}

Result<at::Tensor> ToTensor(const std::string& name,
                            const TensorView& view,
                            at::ScalarType dtype,
                            at::Device device) {
  std::optional<at::ScalarType> file_type = FileScalarType(view.dtype);
  if (!file_type) {
    return InvalidArgument("tensor " + name + " has dtype " + view.dtype +
                           "; F32, BF16 and F16 are supported");
  }
  // Copied first: the file's bytes need not be aligned for the type.
  at::Tensor tensor = at::empty(view.shape, at::TensorOptions(*file_type));
  CopyOut(view.data, tensor.mutable_data_ptr());
  return tensor.to(device, dtype);
}

Status WriteTensors(
    const std::filesystem::path& file,
    const std::vector<std::pair<std::string, at::Tensor>>& named,
    at::ScalarType dtype) {
  std::vector<TensorLayout> layouts;
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, tensor] : named) {
    layouts.push_back({name, FileDtype(dtype), tensor.sizes().vec()});
    tensors.emplace(name, tensor);
  }
  at::Tensor copy;  // owns the bytes that are being written
  return StreamSafetensors(
      file,
      std::move(layouts),
      [&](const std::string& name) -> Result<std::span<const std::byte>> {
        RA_ASSIGN_OR_RETURN(copy, ForFile(name, tensors.at(name), dtype));
        return BytesOf(copy);
      },
      {{"format", "pt"}});
}

Result<at::Tensor> ForFile(const std::string& name,
                           const at::Tensor& tensor,
                           at::ScalarType dtype) {
  at::Tensor copy = tensor.detach().to(at::kCPU, dtype).contiguous();
  if (!at::isfinite(copy).all().item<bool>()) {
    return NotFinite(name, tensor, dtype);
  }
  return copy;
}

std::span<const std::byte> BytesOf(const at::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.const_data_ptr()),
          tensor.nbytes()};
}

Error FromException(const std::exception& exception) {
  std::string message = exception.what();
  if (const auto* torch = dynamic_cast<const c10::Error*>(&exception)) {
    message = torch->what_without_backtrace();
  }
  message = message.substr(0, message.find('\n'));
  const bool memory = dynamic_cast<const std::bad_alloc*>(&exception) ||
                      dynamic_cast<const c10::OutOfMemoryError*>(&exception) ||
                      message.find("allocate memory") != std::string::npos;
  return {memory ? ErrorCode::kResourceExhausted : ErrorCode::kInternal,
          message};
}

}  // namespace rankadaptor::llama::internal
