#include "evaluators/llama/scoring/prefix_batches.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace rankadaptor::llama::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// Attention costs next to nothing, so that whatever shares a token is joined.
BatchLimits CheapAttention() {
  BatchLimits limits;
  limits.cost.pairs_per_token = 1e9;
  return limits;
}

// `prefix` followed by `suffix`.
TokenSequence Joined(TokenSequence prefix, const TokenSequence& suffix) {
  prefix.insert(prefix.end(), suffix.begin(), suffix.end());
  return prefix;
}

std::vector<int> Sequences(const std::vector<PrefixBatch>& batches) {
  std::vector<int> sequences;
  for (const PrefixBatch& batch : batches) {
    for (const PrefixRow& row : batch.rows) {
      for (const Branch& branch : row.branches) {
        sequences.push_back(branch.sequence);
      }
    }
  }
  std::ranges::sort(sequences);
  return sequences;
}

TEST(PrefixBatches, SharedBeginningsAreComputedOnce) {
  const TokenSequence shared(20, 5);
  const std::vector<TokenSequence> sequences = {Joined(shared, {1, 2}),
                                                Joined(shared, {3})};
  const auto batches = PlanPrefixBatches(sequences, CheapAttention());
  ASSERT_THAT(batches, SizeIs(1));
  ASSERT_THAT(batches[0].rows, SizeIs(1));
  EXPECT_EQ(batches[0].rows[0].prefix_length, 20);
  EXPECT_EQ(batches[0].rows[0].suffix_length, 3);
}

TEST(PrefixBatches, EqualSequencesShareTheirPlace) {
  const std::vector<TokenSequence> sequences(3, TokenSequence{4, 5, 6});
  const auto batches = PlanPrefixBatches(sequences, CheapAttention());
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].length(), 3);
  EXPECT_THAT(Sequences(batches), ElementsAre(0, 1, 2));
}

TEST(PrefixBatches, ASequenceMayBeTheBeginningOfAnother) {
  const std::vector<TokenSequence> sequences = {{4, 5, 6, 7}, {4, 5}};
  const auto batches = PlanPrefixBatches(sequences, CheapAttention());
  ASSERT_THAT(batches, SizeIs(1));
  ASSERT_THAT(batches[0].rows, SizeIs(1));
  EXPECT_EQ(batches[0].rows[0].prefix_length, 2);
  EXPECT_EQ(batches[0].rows[0].suffix_length, 2);
}

TEST(PrefixBatches, DearAttentionKeepsLongBranchesApart) {
  const std::vector<TokenSequence> sequences = {
      Joined({1, 2}, TokenSequence(200, 3)),
      Joined({1, 2}, TokenSequence(200, 4))};
  BatchLimits limits;
  limits.cost.pairs_per_token = 10;
  limits.max_tokens = 1;
  EXPECT_THAT(PlanPrefixBatches(sequences, limits), SizeIs(2));
}

TEST(PrefixBatches, RowsOfUnlikeLengthGetTheirOwnPass) {
  const std::vector<TokenSequence> sequences = {
      TokenSequence(300, 1), TokenSequence(300, 2), TokenSequence(10, 3)};
  const auto batches = PlanPrefixBatches(sequences, CheapAttention());
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_THAT(batches[0].rows, SizeIs(2));
  EXPECT_EQ(batches[1].length(), 10);
}

TEST(PrefixBatches, LimitsAreKept) {
  std::vector<TokenSequence> sequences;
  for (int i = 0; i < 20; ++i) sequences.push_back(TokenSequence(8, i / 2));
  for (int64_t max_sequences : {1, 3}) {
    BatchLimits limits = CheapAttention();
    limits.max_sequences = max_sequences;
    const auto batches = PlanPrefixBatches(sequences, limits);
    EXPECT_THAT(Sequences(batches), SizeIs(20));
    for (const PrefixBatch& batch : batches) {
      EXPECT_LE(static_cast<int64_t>(Sequences({batch}).size()), max_sequences);
    }
  }
  BatchLimits limits = CheapAttention();
  limits.max_tokens = 24;
  for (const PrefixBatch& batch : PlanPrefixBatches(sequences, limits)) {
    EXPECT_LE(static_cast<int64_t>(batch.rows.size()) * batch.length(), 24);
  }
}

TEST(PrefixBatches, ASequenceLongerThanTheLimitIsPlannedAlone) {
  BatchLimits limits;
  limits.max_tokens = 4;
  const std::vector<TokenSequence> sequences = {TokenSequence(9, 1)};
  EXPECT_THAT(PlanPrefixBatches(sequences, limits), SizeIs(1));
}

TEST(PrefixBatches, NothingNeedsNoPass) {
  EXPECT_TRUE(PlanPrefixBatches({}, {}).empty());
}

// Row 0: prefix 7 8, branches 1 | 2 3. Row 1: sequence 9 alone.
PrefixBatch HandMade() {
  PrefixBatch batch;
  batch.rows = {{2, 3, {{0, 0}, {1, 1}}}, {1, 0, {{2, 0}}}};
  batch.prefix_length = 2;
  batch.suffix_length = 3;
  return batch;
}
const std::vector<TokenSequence> kHandMade = {{7, 8, 1}, {7, 8, 2, 3}, {9}};

TEST(PrefixBatches, BranchesStandBehindThePrefix) {
  const PrefixBatchInputs inputs = MakeInputs(HandMade(), kHandMade);
  EXPECT_THAT(inputs.ids, ElementsAre(7, 8, 1, 2, 3, 9, 0, 0, 0, 0));
  EXPECT_THAT(inputs.positions, ElementsAre(0, 1, 2, 2, 3, 0, 0, 0, 0, 0));
}

TEST(PrefixBatches, BranchesDoNotSeeEachOther) {
  const PrefixBatchInputs inputs = MakeInputs(HandMade(), kHandMade);
  EXPECT_THAT(inputs.visible,
              ElementsAre(1,
                          1,
                          1,
                          0,
                          0,  // first branch
                          1,
                          1,
                          0,
                          1,
                          0,  // second branch
                          1,
                          1,
                          0,
                          1,
                          1,
                          // The second row is padding; each sees itself.
                          0,
                          0,
                          1,
                          0,
                          0,
                          0,
                          0,
                          0,
                          1,
                          0,
                          0,
                          0,
                          0,
                          0,
                          1));
}

TEST(PrefixBatches, ColumnsOfABranchSkipItsSiblings) {
  const PrefixBatch batch = HandMade();
  const PrefixRow& row = batch.rows[0];
  EXPECT_EQ(batch.Column(row, row.branches[1], 1), 1);
  EXPECT_EQ(batch.Column(row, row.branches[1], 2), 3);
  EXPECT_EQ(batch.Column(row, row.branches[1], 3), 4);
}

}  // namespace
}  // namespace rankadaptor::llama::internal
