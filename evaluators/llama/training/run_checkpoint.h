// A recovery's own checkpoint: everything that a killed run needs to go on with
// the same result: trained values, the optimiser's moments, the method's state,
// the position in the data, and the log.
//
// One thread at a time.
#ifndef RANKADAPTOR_LLAMA_TRAINING_RUN_CHECKPOINT_H_
#define RANKADAPTOR_LLAMA_TRAINING_RUN_CHECKPOINT_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/common/result.h"
#include "rankadaptor/llama/training.h"

namespace rankadaptor::llama::internal {

// Where a run stands, beside its tensors.
struct RunPosition {
  int64_t next_update = 0;
  uint64_t num_passes = 0;
  std::vector<TrainingStep> log;
};

// What identifies a run: two runs with the same text compute the same.
class RunIdentity {
 public:
  void Add(const char* name, double value);
  void Add(const char* name, int64_t value);
  void Add(const char* name, uint64_t value);
  // All values of a tensor.
  void Add(const char* name, const at::Tensor& tensor);

  // "recovery-0123456789abcdef.checkpoint".
  std::string FileName() const;

 private:
  void AddBytes(const void* bytes, size_t size);
  uint64_t hash_ = 0xcbf29ce484222325;  // FNV-1a
};

// Written whole or not at all.
Status WriteRunCheckpoint(const std::filesystem::path& file,
                          const RunPosition& position,
                          const std::vector<at::Tensor>& tensors);

// Copies the file's values into `tensors` and returns the position; nothing if
// there is no file. A tensor that is not a parameter's may have changed its
// number of rows and is replaced. kDataLoss names a file that does not fit.
Result<std::optional<RunPosition>> ReadRunCheckpoint(
    const std::filesystem::path& file, const std::vector<at::Tensor*>& tensors);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_RUN_CHECKPOINT_H_
