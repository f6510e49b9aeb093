#include "rankadaptor/llama/task_scores.h"

#include <cmath>

#include <gmock/gmock.h>

namespace rankadaptor::llama {
namespace {

using ::testing::ElementsAre;

constexpr auto kAcc = TaskMetric::kAccuracy;
constexpr auto kAccNorm = TaskMetric::kNormalizedAccuracy;

// Two tokens a choice.
DocumentScore Document(int gold,
                       const std::vector<double>& log_likelihoods,
                       const std::vector<int64_t>& lengths) {
  DocumentScore document;
  document.gold = gold;
  document.choice_lengths = lengths;
  for (double log_likelihood : log_likelihoods) {
    document.choices.push_back({log_likelihood, false, 5, 2});
  }
  return document;
}

TEST(DocumentScore, PredictsTheMostLikelyChoice) {
  EXPECT_EQ(Document(0, {-3, -1, -2}, {1, 1, 1}).Predicted(kAcc), 1);
}

TEST(DocumentScore, FirstOfEqualsWins) {
  EXPECT_EQ(Document(1, {-2, -1, -1}, {1, 1, 1}).Predicted(kAcc), 1);
  EXPECT_EQ(Document(1, {-2, -4}, {1, 2}).Predicted(kAccNorm), 0);
}

TEST(DocumentScore, NormalisesByLength) {
  const DocumentScore document = Document(1, {-3, -4}, {1, 2});
  EXPECT_FALSE(document.Correct(kAcc));
  EXPECT_TRUE(document.Correct(kAccNorm));
}

TEST(DocumentScore, EmptyChoiceNeverWinsNormalised) {
  EXPECT_EQ(Document(0, {0, -4}, {0, 2}).Predicted(kAccNorm), 1);
}

TEST(DocumentScore, MarginIsAgainstTheBestOther) {
  EXPECT_DOUBLE_EQ(Document(0, {-3, -1, -7}, {1, 1, 1}).Margin(), -2);
  EXPECT_DOUBLE_EQ(Document(1, {-3, -1, -7}, {1, 1, 1}).Margin(), 2);
}

TEST(TaskScores, CorrectPerDocumentKeepsTheOrder) {
  TaskScores scores;
  scores.documents = {Document(0, {-1, -2}, {1, 1}),
                      Document(0, {-2, -1}, {1, 1}),
                      Document(1, {-2, -1}, {1, 1})};
  EXPECT_THAT(CorrectPerDocument(scores, kAcc), ElementsAre(1, 0, 1));
  EXPECT_DOUBLE_EQ(Accuracy(scores, kAcc).mean, 2.0 / 3);
}

TEST(TaskScores, SmoothFiguresAverageOverDocuments) {
  TaskScores scores;
  scores.documents = {Document(0, {-1, -2}, {1, 1}),
                      Document(0, {-6, -1}, {1, 1})};
  EXPECT_DOUBLE_EQ(MeanMargin(scores), -2);
  EXPECT_DOUBLE_EQ(MeanGoldLogLikelihood(scores), -1.75);
}

TEST(EstimateMean, StandardErrorDividesByNMinusOne) {
  const MeanEstimate estimate = EstimateMean(std::vector<double>{1, 0, 1, 1});
  EXPECT_DOUBLE_EQ(estimate.mean, 0.75);
  // Deviations .25, -.75, .25, .25: squares sum to .75.
  EXPECT_DOUBLE_EQ(estimate.standard_error.value(), std::sqrt(0.75 / 3) / 2);
}

TEST(EstimateMean, OneValueHasNoStandardError) {
  EXPECT_FALSE(EstimateMean(std::vector<double>{1}).standard_error);
}

}  // namespace
}  // namespace rankadaptor::llama
