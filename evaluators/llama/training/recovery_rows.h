// Which rows an update of recovery is made of.
//
// No LibTorch here. One thread at a time.
#ifndef RANKADAPTOR_LLAMA_TRAINING_RECOVERY_ROWS_H_
#define RANKADAPTOR_LLAMA_TRAINING_RECOVERY_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/recovery_data.h"
#include "rankadaptor/llama/training.h"

namespace rankadaptor::llama::internal {

// The micro-batches of one update.
using Update = std::vector<TokenBatch>;

// The rows of epoch after epoch, batch by batch; the last batch of an epoch
// takes what is left. The order follows from the seed and the number of rows
// alone, so that recoveries with other ranks, or by another method, see the
// same.
class RecoveryRows {
 public:
  // `data` is borrowed.
  RecoveryRows(const RecoveryData& data, const RecoveryOptions& options);

  // What update `step` is made of, whatever was asked for before.
  Update At(int64_t step);

 private:
  void Shuffle(int64_t epoch);
  std::vector<size_t> RowsOf(int64_t step);

  const RecoveryData& data_;
  const RecoveryOptions options_;
  int64_t updates_per_epoch_;
  int64_t epoch_ = -1;         // that order_ is of
  std::vector<size_t> order_;  // indices of rows
};

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_RECOVERY_ROWS_H_
