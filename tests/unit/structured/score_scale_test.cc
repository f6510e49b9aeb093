#include "surrogate/structured/score_scale.h"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>

namespace rankadaptor::surrogate {
namespace {

TEST(ScoreScale, BringsScoresToUnitSize) {
  const std::vector<double> scores = {10, 12, 14, 16, 18};
  const ScoreScale scale(scores);
  EXPECT_NEAR(scale.Standardise(14), 0, 1e-12);
  EXPECT_NEAR(scale.Standardise(18), 4 / std::sqrt(8), 1e-12);
  EXPECT_NEAR(scale.Restore(scale.Standardise(17)), 17, 1e-12);
}

TEST(ScoreScale, IsTheSameForEveryUnit) {
  std::vector<double> scores = {-1, 0, 0.5, 2, 3};
  const ScoreScale scale(scores);
  for (double unit : {1e-300, 1e-5, 1e300}) {
    std::vector<double> scaled;
    for (double score : scores) scaled.push_back(score * unit);
    const ScoreScale other(scaled);
    for (double score : scores) {
      EXPECT_NEAR(
          other.Standardise(score * unit), scale.Standardise(score), 1e-9);
    }
  }
}

TEST(ScoreScale, ConstantScoresBecomeZeros) {
  for (double score : {0.0, 0.1, -3e-310, 1e308}) {
    const ScoreScale scale(std::vector<double>(20, score));
    EXPECT_NEAR(scale.Standardise(score), 0, 1e-6) << score;
    EXPECT_TRUE(std::isfinite(scale.Restore(5)));
  }
}

TEST(ScoreScale, OutliersDoNotHideTheRestAndKeepTheirOrder) {
  std::vector<double> scores;
  for (int i = 0; i < 40; ++i) scores.push_back(i);
  scores.push_back(-1e9);
  scores.push_back(-2e9);
  const ScoreScale scale(scores);
  EXPECT_GT(scale.Standardise(30) - scale.Standardise(10), 1);
  EXPECT_LT(scale.Standardise(-2e9), scale.Standardise(-1e9));
  EXPECT_GT(scale.Standardise(-2e9), -40);
  EXPECT_NEAR(scale.Restore(scale.Standardise(-1e9)), -1e9, 1);
}

}  // namespace
}  // namespace rankadaptor::surrogate
