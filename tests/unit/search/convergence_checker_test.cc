#include "search/convergence_checker.h"

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using rankadaptor::testing::MakeTrial;

Trial Predicted(double predicted, double observed) {
  Trial trial = MakeTrial(9, {0}, observed);
  trial.predicted = predicted;
  return trial;
}

// Initial objectives 0 and 2: standard deviation sqrt(2).
ConvergenceChecker MakeChecker(double relative_threshold, int rounds) {
  ConvergenceChecker checker(relative_threshold, rounds);
  checker.ObserveInitial(
      std::vector<Trial>{MakeTrial(0, {0}, 0), MakeTrial(1, {0}, 2)});
  return checker;
}

Iteration Round(ConvergenceChecker& checker, double gap) {
  return checker.ObserveRound(std::vector<Trial>{Predicted(1 + gap, 1)});
}

TEST(ConvergenceChecker, CountsSearchTrialsWithoutGain) {
  auto checker = MakeChecker(0.5, 2);  // the best initial objective is 2
  Trial failed = MakeTrial(2, {0}, 0);
  failed.state = TrialState::kFailed;
  checker.ObserveRound(std::vector<Trial>{MakeTrial(3, {0}, 2), failed});
  EXPECT_EQ(checker.num_trials_without_gain(), 2);
  checker.ObserveRound(
      std::vector<Trial>{MakeTrial(4, {0}, 2.1), MakeTrial(5, {0}, 2.1)});
  EXPECT_EQ(checker.num_trials_without_gain(), 1);
}

TEST(ConvergenceChecker, ConvergesAfterConsecutiveGoodRounds) {
  auto checker = MakeChecker(0.5, 2);  // threshold 0.707
  Round(checker, 0.7);
  EXPECT_FALSE(checker.converged());
  Round(checker, -0.8);
  Round(checker, -0.7);
  EXPECT_FALSE(checker.converged());
  Iteration last = Round(checker, 0);
  EXPECT_TRUE(checker.converged());
  EXPECT_EQ(last.index, 3);
  EXPECT_EQ(last.rounds_within_threshold, 2);
  EXPECT_DOUBLE_EQ(*last.threshold, 0.5 * std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(*last.best_observed, 2);
}

TEST(ConvergenceChecker, TheWorstPredictionOfABatchCounts) {
  auto checker = MakeChecker(0.5, 1);
  Iteration round = checker.ObserveRound(
      std::vector<Trial>{Predicted(1, 1), Predicted(3, 1), Predicted(2, 1)});
  EXPECT_FALSE(checker.converged());
  EXPECT_EQ(round.gap, 2);
  EXPECT_EQ(round.predicted, 3);
  EXPECT_EQ(round.observed, 1);
}

TEST(ConvergenceChecker, RoundsThatShowNothingBreakTheStreak) {
  auto checker = MakeChecker(0.5, 2);
  Round(checker, 0);
  Trial failed = Predicted(1, 1);
  failed.state = TrialState::kFailed;
  Iteration round = checker.ObserveRound(std::vector<Trial>{failed});
  EXPECT_FALSE(round.gap);
  Round(checker, 0);
  EXPECT_FALSE(checker.converged());
}

TEST(ConvergenceChecker, NoRoundsMeansNever) {
  auto checker = MakeChecker(0.5, 0);
  for (int i = 0; i < 10; ++i) Round(checker, 0);
  EXPECT_FALSE(checker.converged());
}

TEST(ConvergenceChecker, WithoutSpreadThereIsNoThreshold) {
  ConvergenceChecker checker(0.5, 1);
  checker.ObserveInitial({});
  EXPECT_FALSE(Round(checker, 0).threshold);  // one objective so far
  EXPECT_FALSE(checker.converged());
  Round(checker, 0);  // two, spread 0
  EXPECT_TRUE(checker.converged());
}

}  // namespace
}  // namespace rankadaptor::internal
