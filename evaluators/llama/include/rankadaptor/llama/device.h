// Where a model computes and in which number format.
#ifndef RANKADAPTOR_LLAMA_DEVICE_H_
#define RANKADAPTOR_LLAMA_DEVICE_H_

#include <string_view>

#include "rankadaptor/common/result.h"

namespace rankadaptor::llama {

// Models compute in kFloat32 or kBFloat16; kFloat16 is a format of files only.
enum class Dtype { kFloat32, kBFloat16, kFloat16 };
enum class DeviceKind { kCpu, kCuda };

// What models compute in: "float32" or "bfloat16"; else kInvalidArgument.
Result<Dtype> ParseDtype(std::string_view name);
const char* DtypeName(Dtype dtype);

// "cpu" or "cuda"; else kInvalidArgument.
Result<DeviceKind> ParseDeviceKind(std::string_view name);
const char* DeviceKindName(DeviceKind device);

// Makes the device usable: for kCuda opens libtorch_cuda.so at run time.
// kUnavailable names the library that is missing and the command that fetches
// it, or says that there is no GPU. Thread-safe; call before anything else.
Status OpenDevice(DeviceKind device);

// Threads that LibTorch may use inside one operation on the calling process.
// The scheduler runs trials in parallel, so 1 is usual. Call once at start-up.
void SetIntraOpThreads(int num_threads);

}  // namespace rankadaptor::llama

#endif  // RANKADAPTOR_LLAMA_DEVICE_H_
