// The batches of a pretraining run: documents as rows, grouped by length.
//
// One thread at a time.
#ifndef RANKADAPTOR_LLAMA_TRAINING_DOCUMENT_BATCHES_H_
#define RANKADAPTOR_LLAMA_TRAINING_DOCUMENT_BATCHES_H_

#include <cstdint>
#include <vector>

#include "rankadaptor/llama/training.h"

namespace rankadaptor::llama::internal {

// Batches without end from rows of 2..tokens_per_batch ids. An epoch visits the
// rows in an order drawn from (seed, epoch); a pool of the next few batches'
// rows is sorted by length, cut where rows times the longest would exceed
// `tokens_per_batch`, and its batches are shuffled. Rows are padded on the
// right with the id 0 and ignored labels.
class DocumentBatches {
 public:
  DocumentBatches(std::vector<std::vector<int32_t>> rows,
                  int64_t tokens_per_batch,
                  uint64_t seed);

  TokenBatch Next();

 private:
  using RowIndices = std::vector<size_t>;
  void StartEpoch();
  void FillPool();
  RowIndices TakePoolRows();
  void CutIntoBatches(const RowIndices& rows);

  std::vector<std::vector<int32_t>> rows_;
  int64_t tokens_per_batch_;
  uint64_t seed_;
  uint64_t epoch_ = 0;
  uint64_t num_pools_ = 0;
  RowIndices order_;              // of this epoch
  size_t next_row_ = 0;           // in order_
  std::vector<RowIndices> pool_;  // batches not yet handed out
};

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_TRAINING_DOCUMENT_BATCHES_H_
