#include "evaluators/llama/training/batch_tensors.h"

#include <gtest/gtest.h>

namespace rankadaptor::llama::internal {
namespace {

// Two rows: one padded on the left, one on the right.
TokenBatch PaddedAtBothEnds() {
  TokenBatch batch;
  batch.num_rows = 2;
  batch.row_length = 4;
  batch.ids = {0, 5, 6, 7, 8, 9, 0, 0};
  batch.labels = {-100, -100, 6, 7, 8, 9, -100, -100};
  batch.attention_mask = {0, 1, 1, 1, 1, 1, 0, 0};
  return batch;
}

at::Tensor Matrix(std::vector<int64_t> values, int64_t rows) {
  return at::tensor(values).view({rows, -1});
}

TEST(ToTensors, MovesTokensToTheFrontAndCutsCommonPadding) {
  const BatchTensors tensors = ToTensors(PaddedAtBothEnds(), at::kCPU);
  EXPECT_TRUE(at::equal(tensors.ids, Matrix({5, 6, 7, 8, 9, 0}, 2)));
  EXPECT_TRUE(at::equal(tensors.labels, Matrix({-100, 6, 7, 8, 9, -100}, 2)));
}

std::string ErrorOf(const TokenBatch& batch) {
  const Status status = CheckBatch("batch 3", batch, 10);
  return status.has_value() ? "accepted" : status.error().message;
}

TEST(CheckBatch, AcceptsPaddingAtEitherEnd) {
  EXPECT_EQ(ErrorOf(PaddedAtBothEnds()), "accepted");
}

TEST(CheckBatch, NamesWhatDoesNotFit) {
  TokenBatch batch = PaddedAtBothEnds();
  batch.ids[2] = 10;
  EXPECT_EQ(ErrorOf(batch), "batch 3: id 10 is not in the vocabulary of 10");
  batch = PaddedAtBothEnds();
  batch.labels[2] = -1;
  EXPECT_EQ(ErrorOf(batch), "batch 3: label -1 is not in the vocabulary of 10");
  batch = PaddedAtBothEnds();
  batch.attention_mask[2] = 0;
  EXPECT_EQ(ErrorOf(batch), "batch 3, row 0: padding stands between tokens");
  batch = PaddedAtBothEnds();
  batch.labels.assign(8, -100);
  EXPECT_EQ(ErrorOf(batch), "batch 3: no label is a target");
  batch.labels.pop_back();
  EXPECT_EQ(ErrorOf(batch),
            "batch 3: 8 ids, 7 labels and a mask of 8 are not 2 rows of 4");
}

}  // namespace
}  // namespace rankadaptor::llama::internal
