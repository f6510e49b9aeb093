#include "evaluators/llama/pruning/saliency.h"

#include <gmock/gmock.h>

namespace rankadaptor::llama::internal {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::Pointwise;

// Two rows, two columns, four windows.
ScoredWeight SomeWeight() {
  return {at::tensor({1.0F, -2.0F, 3.0F, 4.0F}).view({2, 2}),
          at::tensor({0.5F, 0.5F, -1.0F, 0.25F}).view({2, 2}),
          at::tensor({0.5F, 0.25F, 1.0F, 0.125F}).view({2, 2}),
          4};
}

std::vector<double> Rows(WidthCriterion criterion,
                         SecondOrder form = SecondOrder::kMean) {
  WidthPruneOptions options;
  options.criterion = criterion;
  options.second_order = form;
  return ChannelScores(SomeWeight(), 0, options);
}

// W g is {.5, -1, -3, 1}, W acc W {.5, 1, 9, 2}.
TEST(ChannelScores, FollowTheFormulas) {
  EXPECT_THAT(Rows(WidthCriterion::kParamFirst), ElementsAre(1.5, 4));
  EXPECT_THAT(Rows(WidthCriterion::kVectorize), ElementsAre(0.5, 2));
  EXPECT_THAT(Rows(WidthCriterion::kParamSecond), ElementsAre(1.5, 11));
  EXPECT_THAT(Rows(WidthCriterion::kParamMix), ElementsAre(1.75, 7.5));
  EXPECT_THAT(Rows(WidthCriterion::kL1), ElementsAre(3, 7));
  EXPECT_THAT(Rows(WidthCriterion::kL2), ElementsAre(5, 25));
}

TEST(ChannelScores, SumOfEquationTwoIsTheMeanTimesTheWindows) {
  EXPECT_THAT(Rows(WidthCriterion::kParamSecond, SecondOrder::kSum),
              ElementsAre(6, 44));
  // |.5 - 1| + |-1 - 2|, |-3 - 18| + |1 - 4|.
  EXPECT_THAT(Rows(WidthCriterion::kParamMix, SecondOrder::kSum),
              ElementsAre(3.5, 24));
}

TEST(ChannelScores, ColumnsAreSummedOverRows) {
  WidthPruneOptions options;
  EXPECT_THAT(ChannelScores(SomeWeight(), 1, options), ElementsAre(3.5, 2));
}

TEST(SumOfTerms, IsOverAllElements) {
  WidthPruneOptions options;
  options.criterion = WidthCriterion::kParamMix;
  TermMagnitudes terms = SumOfTerms(SomeWeight(), options);
  EXPECT_DOUBLE_EQ(terms.first_order, 5.5);
  EXPECT_DOUBLE_EQ(terms.second_order, 6.25);
  options.second_order = SecondOrder::kSum;
  EXPECT_DOUBLE_EQ(SumOfTerms(SomeWeight(), options).second_order, 25);
}

}  // namespace
}  // namespace rankadaptor::llama::internal
