// Does another device compute what the CPU computes? Forward pass, recovery and
// scoring of one model, on the CPU in fp32 (the reference), on the CPU in bf16
// (what rounding alone does) and on the device in both formats.
#ifndef RANKADAPTOR_EXPERIMENTS_GPU_PARITY_H_
#define RANKADAPTOR_EXPERIMENTS_GPU_PARITY_H_

#include <cstdint>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/device.h"

namespace rankadaptor::gpu_bench {

struct ParityOptions {
  std::filesystem::path model;
  std::filesystem::path text;       // what recovery trains on
  std::filesystem::path task_file;  // what is scored
  llama::DeviceKind device = llama::DeviceKind::kCuda;
  int64_t num_rows = 16;  // of the forward pass
  int64_t num_updates = 10;
  int64_t num_documents = 200;
};

// For each of "cpu_bfloat16", "device_float32" and "device_bfloat16" the
// largest differences from the CPU in fp32.
Result<nlohmann::json> MeasureParity(const ParityOptions& options);

}  // namespace rankadaptor::gpu_bench

#endif  // RANKADAPTOR_EXPERIMENTS_GPU_PARITY_H_
