// How fast a model is recovered and scored on a device.
#ifndef RANKADAPTOR_EXPERIMENTS_GPU_SPEED_H_
#define RANKADAPTOR_EXPERIMENTS_GPU_SPEED_H_

#include <cstdint>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/model.h"

namespace rankadaptor::gpu_bench {

struct SpeedOptions {
  std::filesystem::path model;
  std::filesystem::path input;  // bench_input.h
  llama::ModelOptions where;
  int rank = 8;                   // of every layer
  int64_t micro_batch_size = 16;  // one update is one micro-batch
  int64_t num_warmup_updates = 3;
  int64_t num_updates = 10;  // timed
};

// Tokens per second of the timed updates, and their losses.
Result<nlohmann::json> MeasureRecovery(const SpeedOptions& options);

// Tokens per second over all requests (context and continuation of each count,
// although shared contexts run once), and their log-likelihoods. One pass
// before the timed one warms up.
Result<nlohmann::json> MeasureScoring(const SpeedOptions& options);

}  // namespace rankadaptor::gpu_bench

#endif  // RANKADAPTOR_EXPERIMENTS_GPU_SPEED_H_
