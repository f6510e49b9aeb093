#include "evaluators/llama/training/document_batches.h"

#include <map>

#include <gtest/gtest.h>

#include "evaluators/llama/training/document_rows.h"

namespace rankadaptor::llama::internal {
namespace {

using Rows = std::vector<std::vector<int32_t>>;

TEST(DocumentRows, WrapADocumentAndCutItWithOneIdOverlap) {
  EXPECT_EQ(DocumentRows({10, 11}, 1, 2, 4), (Rows{{1, 10, 11, 2}}));
  EXPECT_EQ(DocumentRows({20, 21, 22, 23, 24}, 1, 2, 4),
            (Rows{{1, 20, 21, 22}, {22, 23, 24, 2}}));
}

TEST(DocumentRows, HaveNoEndUnlessAsked) {
  EXPECT_EQ(DocumentRows({10, 11}, 1, std::nullopt, 4), (Rows{{1, 10, 11}}));
  EXPECT_EQ(DocumentRows({}, 1, 2, 8), (Rows{{1, 2}}));
  EXPECT_TRUE(DocumentRows({}, 1, std::nullopt, 8).empty());
}

TEST(DocumentRows, HaveNoBosWhereThereIsNone) {
  EXPECT_EQ(DocumentRows({10, 11, 12, 13}, std::nullopt, 2, 4),
            (Rows{{10, 11, 12, 13}, {13, 2}}));
  EXPECT_TRUE(DocumentRows({10}, std::nullopt, std::nullopt, 4).empty());
}

// Row i has 2 + i % 7 ids, all i.
Rows NumberedRows(int count) {
  Rows rows;
  for (int i = 0; i < count; ++i) {
    rows.emplace_back(static_cast<size_t>(2 + i % 7), i);
  }
  return rows;
}

// The numbers of the batch's rows.
std::vector<int64_t> RowNumbers(const TokenBatch& batch) {
  std::vector<int64_t> numbers;
  for (int64_t row = 0; row < batch.num_rows; ++row) {
    numbers.push_back(batch.ids[static_cast<size_t>(row * batch.row_length)]);
  }
  return numbers;
}

TEST(DocumentBatches, VisitEveryRowOnceAnEpochWithinTheTokenLimit) {
  DocumentBatches batches(NumberedRows(100), 24, 5);
  std::map<int64_t, int> visits;
  int64_t num_rows = 0;
  while (num_rows < 300) {
    const TokenBatch batch = batches.Next();
    EXPECT_LE(batch.num_rows * batch.row_length, 24);
    num_rows += batch.num_rows;
    for (int64_t row : RowNumbers(batch)) ++visits[row];
  }
  ASSERT_EQ(num_rows, 300);
  EXPECT_EQ(visits.size(), 100U);
  for (const auto& [row, count] : visits) EXPECT_EQ(count, 3) << row;
}

TEST(DocumentBatches, PadOnTheRightWithoutTargets) {
  DocumentBatches batches({{1, 5, 2}, {1, 2}}, 6, 0);
  const TokenBatch batch = batches.Next();
  EXPECT_EQ(batch.ids, (std::vector<int64_t>{1, 2, 0, 1, 5, 2}));
  EXPECT_EQ(batch.labels, (std::vector<int64_t>{1, 2, kIgnoredLabel, 1, 5, 2}));
  EXPECT_EQ(batch.attention_mask, (std::vector<uint8_t>{1, 1, 0, 1, 1, 1}));
  EXPECT_EQ(batch.NumTargets(), 3);
}

TEST(DocumentBatches, FollowTheSeed) {
  auto first_batches = [](uint64_t seed) {
    DocumentBatches batches(NumberedRows(60), 16, seed);
    std::vector<std::vector<int64_t>> rows;
    for (int i = 0; i < 5; ++i) rows.push_back(RowNumbers(batches.Next()));
    return rows;
  };
  EXPECT_EQ(first_batches(1), first_batches(1));
  EXPECT_NE(first_batches(1), first_batches(2));
}

}  // namespace
}  // namespace rankadaptor::llama::internal
