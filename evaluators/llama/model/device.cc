#include "rankadaptor/llama/device.h"

#include <dlfcn.h>
#include <mutex>
#include <string>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

namespace rankadaptor::llama {
namespace {

// Registers the CUDA backend in this process. Before the first CUDA question:
// LibTorch remembers for good what it found at that moment.
Status OpenCuda() {
  if (::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    return Unavailable("device cuda: " + std::string(::dlerror()) +
                       "; `./quickstart --gpu` fetches LibTorch's CUDA "
                       "libraries, or use --device cpu");
  }
  try {
    const auto* guard = c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA);
    if (guard->deviceCount() > 0) return {};
  } catch (const std::exception&) {
    // No guard registered: the library came without a usable backend.
  }
  return Unavailable("device cuda: no GPU found; use --device cpu");
}

}  // namespace

Result<Dtype> ParseDtype(std::string_view name) {
  if (name == "float32") return Dtype::kFloat32;
  if (name == "bfloat16") return Dtype::kBFloat16;
  return InvalidArgument("dtype '" + std::string(name) +
                         "' is not one of float32, bfloat16");
}

const char* DtypeName(Dtype dtype) {
  switch (dtype) {
    case Dtype::kFloat32:
      return "float32";
    case Dtype::kBFloat16:
      return "bfloat16";
    case Dtype::kFloat16:
      return "float16";
  }
  return "";
}

Result<DeviceKind> ParseDeviceKind(std::string_view name) {
  if (name == "cpu") return DeviceKind::kCpu;
  if (name == "cuda") return DeviceKind::kCuda;
  return InvalidArgument("device '" + std::string(name) +
                         "' is not one of cpu, cuda");
}

const char* DeviceKindName(DeviceKind device) {
  return device == DeviceKind::kCpu ? "cpu" : "cuda";
}

Status OpenDevice(DeviceKind device) {
  if (device == DeviceKind::kCpu) return {};
  static std::mutex mutex;
  std::scoped_lock lock(mutex);
  static const Status opened = OpenCuda();
  return opened;
}

void SetIntraOpThreads(int num_threads) { at::set_num_threads(num_threads); }

}  // namespace rankadaptor::llama
