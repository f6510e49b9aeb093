// Prune, recover and score a model with random weights, and what that took.
#ifndef RANKADAPTOR_TESTS_GPU_PIPELINE_H_
#define RANKADAPTOR_TESTS_GPU_PIPELINE_H_

#include <cstdint>
#include <string>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/device.h"
#include "rankadaptor/llama/model_config.h"
#include "rankadaptor/llama/pruning.h"

namespace rankadaptor::testing {

struct PipelineOptions {
  llama::LlamaConfig config;
  llama::Dtype dtype = llama::Dtype::kBFloat16;
  llama::DeviceKind device = llama::DeviceKind::kCpu;
  llama::WidthPruneOptions pruning;
  int64_t calibration_tokens = 64;  // 10 windows
  int64_t row_tokens = 256;
  int64_t batch_size = 16;
  int64_t micro_batch_size = 4;
  int64_t updates = 3;
  int64_t num_requests = 64;
  int rank = 8;
};

struct PipelineReport {
  int64_t parameters_before = 0;
  int64_t parameters_after = 0;
  double first_loss = 0;
  double last_loss = 0;
  double recovery_tokens_per_second = 0;
  double scoring_tokens_per_second = 0;
  // Of the whole pipeline: on the card, or of the process on the CPU.
  int64_t peak_bytes = 0;
  // The same since pruning was done.
  int64_t peak_bytes_after_pruning = 0;

  std::string Text() const;
};

Result<PipelineReport> RunPipeline(const PipelineOptions& options);

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_GPU_PIPELINE_H_
