#include <gtest/gtest.h>

#include "rankadaptor/llama/training.h"

namespace rankadaptor::llama {
namespace {

TEST(LearningRateSchedule, WarmsUpFromZeroAndDecaysLinearlyToZero) {
  const LearningRateSchedule schedule = {
      .peak = 1e-4, .warmup_steps = 100, .total_steps = 1556};
  EXPECT_EQ(schedule.At(0), 0);
  EXPECT_DOUBLE_EQ(schedule.At(99), 0.99e-4);
  EXPECT_DOUBLE_EQ(schedule.At(100), 1e-4);
  EXPECT_DOUBLE_EQ(schedule.At(828), 1e-4 * 728 / 1456);
  EXPECT_EQ(schedule.At(1556), 0);
  EXPECT_EQ(schedule.At(2000), 0);
}

TEST(LearningRateSchedule, DecaysAsHalfACosine) {
  const LearningRateSchedule schedule = {.peak = 2,
                                         .warmup_steps = 10,
                                         .total_steps = 110,
                                         .decay = LearningRateDecay::kCosine};
  EXPECT_DOUBLE_EQ(schedule.At(5), 1);
  EXPECT_DOUBLE_EQ(schedule.At(10), 2);
  EXPECT_NEAR(schedule.At(35), 1 + 0.70710678118654752, 1e-12);
  EXPECT_NEAR(schedule.At(60), 1, 1e-12);
  EXPECT_NEAR(schedule.At(110), 0, 1e-12);
}

TEST(LearningRateSchedule, StartsAtThePeakWithoutWarmUp) {
  const LearningRateSchedule schedule = {.peak = 3, .total_steps = 4};
  EXPECT_DOUBLE_EQ(schedule.At(0), 3);
  EXPECT_DOUBLE_EQ(schedule.At(2), 1.5);
}

TEST(LearningRateDecay, NamesRoundTripAndOthersAreRefused) {
  EXPECT_EQ(ParseLearningRateDecay("cosine"), LearningRateDecay::kCosine);
  EXPECT_EQ(ParseLearningRateDecay("linear"), LearningRateDecay::kLinear);
  const auto refused = ParseLearningRateDecay("constant");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "learning-rate decay \"constant\" is not one of linear, cosine");
}

TEST(TokenBatch, CountsTargetsThatFollowATokenAndRealTokens) {
  TokenBatch batch;
  batch.num_rows = 2;
  batch.row_length = 3;
  batch.labels = {5, kIgnoredLabel, 7, kIgnoredLabel, 8, 9};
  batch.attention_mask = {1, 1, 1, 0, 1, 1};
  EXPECT_EQ(batch.NumTargets(), 2);  // 7 and 9: 5 and 8 begin their rows
  EXPECT_EQ(batch.NumTokens(), 5);
}

}  // namespace
}  // namespace rankadaptor::llama
