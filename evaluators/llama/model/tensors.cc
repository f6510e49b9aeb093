#include "evaluators/llama/model/tensors.h"

#include <cstring>
#include <optional>

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

}  // namespace

at::ScalarType ToScalarType(Dtype dtype) {
  return dtype == Dtype::kFloat32 ? at::kFloat : at::kBFloat16;
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
  if (!view.data.empty()) {
    std::memcpy(tensor.mutable_data_ptr(), view.data.data(), view.data.size());
  }
  return tensor.to(device, dtype);
}

Status WriteTensors(
    const std::filesystem::path& file,
    const std::vector<std::pair<std::string, at::Tensor>>& named,
    at::ScalarType dtype) {
  std::vector<at::Tensor> on_cpu;  // owns the bytes until they are written
  std::vector<TensorToWrite> to_write;
  for (const auto& [name, tensor] : named) {
    const at::Tensor& copy =
        on_cpu.emplace_back(tensor.detach().to(at::kCPU, dtype).contiguous());
    to_write.push_back({name,
                        FileDtype(dtype),
                        copy.sizes().vec(),
                        {static_cast<const std::byte*>(copy.const_data_ptr()),
                         copy.nbytes()}});
  }
  return WriteSafetensors(file, std::move(to_write), {{"format", "pt"}});
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
