// What gpu_bench reads: rows to train on and requests to score, as token ids in
// one JSON file, so that another program can measure the same work.
//
//   {"rows": [[1, 5, ...], ...],
//    "requests": [{"context": [...], "continuations": [[...], ...]}, ...]}
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_EXPERIMENTS_GPU_BENCH_INPUT_H_
#define RANKADAPTOR_EXPERIMENTS_GPU_BENCH_INPUT_H_

#include <filesystem>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/recovery_data.h"
#include "rankadaptor/llama/scorer.h"

namespace rankadaptor::gpu_bench {

struct BenchInput {
  llama::RecoveryData data;  // every id of a row is a target
  std::vector<llama::EncodedRequest> requests;
};

// kInvalidArgument or kNotFound with the file and what is wrong with it.
Result<BenchInput> ReadBenchInput(const std::filesystem::path& file);

}  // namespace rankadaptor::gpu_bench

#endif  // RANKADAPTOR_EXPERIMENTS_GPU_BENCH_INPUT_H_
