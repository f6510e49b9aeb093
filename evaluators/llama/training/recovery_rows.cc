#include "evaluators/llama/training/recovery_rows.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::llama::internal {
namespace {

// Rows of similar length share a micro-batch where that changes only the
// amount of padding.
void SortByLength(const RecoveryData& data, std::vector<size_t>& rows) {
  std::ranges::stable_sort(
      rows, {}, [&](size_t row) { return data.rows[row].ids.size(); });
}

}  // namespace

RecoveryRows::RecoveryRows(const RecoveryData& data,
                           const RecoveryOptions& options)
    : data_(data),
      options_(options),
      updates_per_epoch_((std::ssize(data.rows) + options.batch_size - 1) /
                         options.batch_size),
      order_(data.rows.size()) {}

Update RecoveryRows::At(int64_t step) {
  std::vector<size_t> rows = RowsOf(step);
  if (options_.loss_weighting == LossWeighting::kPerTarget) {
    SortByLength(data_, rows);
  }
  Update update;
  const auto size = static_cast<size_t>(options_.micro_batch_size);
  for (size_t begin = 0; begin < rows.size(); begin += size) {
    std::vector<TrainingRow> micro_batch;
    for (size_t i = begin; i < std::min(begin + size, rows.size()); ++i) {
      micro_batch.push_back(data_.rows[rows[i]]);
    }
    update.push_back(Collate(micro_batch));
  }
  return update;
}

std::vector<size_t> RecoveryRows::RowsOf(int64_t step) {
  if (step / updates_per_epoch_ != epoch_) Shuffle(step / updates_per_epoch_);
  const int64_t begin = step % updates_per_epoch_ * options_.batch_size;
  const int64_t end = std::min(begin + options_.batch_size, std::ssize(order_));
  return {order_.begin() + begin, order_.begin() + end};
}

void RecoveryRows::Shuffle(int64_t epoch) {
  std::iota(order_.begin(), order_.end(), size_t{0});
  RandomStream stream(
      options_.seed, "recovery epoch", static_cast<uint64_t>(epoch));
  stream.Shuffle(std::span(order_));
  epoch_ = epoch;
}

}  // namespace rankadaptor::llama::internal
