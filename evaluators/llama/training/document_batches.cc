#include "evaluators/llama/training/document_batches.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "rankadaptor/common/check.h"
#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::llama::internal {
namespace {

// Batches whose rows are sorted by length together: enough for little padding,
// few enough that neighbouring updates see different lengths.
constexpr int64_t kPoolBatches = 32;

TokenBatch PadRight(const std::vector<std::vector<int32_t>>& rows,
                    const std::vector<size_t>& chosen) {
  TokenBatch batch;
  batch.num_rows = static_cast<int64_t>(chosen.size());
  for (size_t row : chosen) {
    batch.row_length =
        std::max(batch.row_length, static_cast<int64_t>(rows[row].size()));
  }
  for (size_t row : chosen) {
    const std::vector<int32_t>& ids = rows[row];
    const size_t padding = static_cast<size_t>(batch.row_length) - ids.size();
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
    batch.ids.insert(batch.ids.end(), padding, 0);
    batch.labels.insert(batch.labels.end(), ids.begin(), ids.end());
    batch.labels.insert(batch.labels.end(), padding, kIgnoredLabel);
    batch.attention_mask.insert(batch.attention_mask.end(), ids.size(), 1);
    batch.attention_mask.insert(batch.attention_mask.end(), padding, 0);
  }
  return batch;
}

}  // namespace

DocumentBatches::DocumentBatches(std::vector<std::vector<int32_t>> rows,
                                 int64_t tokens_per_batch,
                                 uint64_t seed)
    : rows_(std::move(rows)),
      tokens_per_batch_(tokens_per_batch),
      seed_(seed),
      order_(rows_.size()) {
  RA_CHECK(!rows_.empty());
  std::iota(order_.begin(), order_.end(), size_t{0});
  StartEpoch();
}

TokenBatch DocumentBatches::Next() {
  if (pool_.empty()) FillPool();
  TokenBatch batch = PadRight(rows_, pool_.back());
  pool_.pop_back();
  return batch;
}

void DocumentBatches::StartEpoch() {
  // Back to file order, so that an epoch's order depends on nothing before it.
  std::ranges::sort(order_);
  RandomStream stream(seed_, "pretraining epoch", epoch_++);
  stream.Shuffle(std::span(order_));
  next_row_ = 0;
}

void DocumentBatches::FillPool() {
  if (next_row_ == order_.size()) StartEpoch();
  CutIntoBatches(TakePoolRows());
  RandomStream stream(seed_, "pretraining pool", num_pools_++);
  stream.Shuffle(std::span(pool_));
}

DocumentBatches::RowIndices DocumentBatches::TakePoolRows() {
  RowIndices rows;
  for (int64_t tokens = 0;
       next_row_ < order_.size() && tokens < kPoolBatches * tokens_per_batch_;
       ++next_row_) {
    rows.push_back(order_[next_row_]);
    tokens += static_cast<int64_t>(rows_[rows.back()].size());
  }
  return rows;
}

void DocumentBatches::CutIntoBatches(const RowIndices& rows) {
  RowIndices sorted = rows;
  std::ranges::stable_sort(
      sorted, {}, [this](size_t row) { return rows_[row].size(); });
  RowIndices batch;
  for (size_t row : sorted) {
    // Sorted: this row is the batch's longest.
    const size_t positions = (batch.size() + 1) * rows_[row].size();
    if (!batch.empty() && static_cast<int64_t>(positions) > tokens_per_batch_) {
      pool_.push_back(std::exchange(batch, {}));
    }
    batch.push_back(row);
  }
  pool_.push_back(std::move(batch));
}

}  // namespace rankadaptor::llama::internal
