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
  ConvergenceChecker checker(relative_threshold, 0, rounds);
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

Iteration Expecting(ConvergenceChecker& checker,
                    std::vector<std::optional<double>> improvements) {
  std::vector<Trial> trials;
  for (auto improvement : improvements) {
    trials.push_back(MakeTrial(9, {0}, 1));
    trials.back().expected_improvement = improvement;
  }
  return checker.ObserveRound(trials);
}

TEST(ConvergenceChecker, ExpectsNoImprovementAfterRoundsOfSmallOnes) {
  ConvergenceChecker checker(0, 0.1, 2);
  checker.ObserveInitial(
      std::vector<Trial>{MakeTrial(0, {0}, 0), MakeTrial(1, {0}, 2)});
  Expecting(checker, {0.14});  // at most 0.1414
  Expecting(checker, {0.01, 0.15});
  Expecting(checker, {0.01, 0.02});
  EXPECT_FALSE(checker.expects_no_improvement());
  Expecting(checker, {0.01, std::nullopt});
  Expecting(checker, {0.02});
  EXPECT_FALSE(checker.expects_no_improvement());
  const Iteration last = Expecting(checker, {0.01, 0.02});
  EXPECT_TRUE(checker.expects_no_improvement());
  EXPECT_EQ(last.expected_improvement, 0.02);
  EXPECT_DOUBLE_EQ(*last.improvement_threshold, 0.1 * std::sqrt(2.0));
}

TEST(ConvergenceChecker, WithoutAThresholdAnImprovementIsAlwaysExpected) {
  auto checker = MakeChecker(0.5, 1);
  Expecting(checker, {0.0});
  EXPECT_FALSE(checker.expects_no_improvement());
}

TEST(ConvergenceChecker, ScreeningsSayNothingOfPredictionsAndGains) {
  auto checker = MakeChecker(0.5, 2);
  Round(checker, 0);
  Trial screening = Predicted(50, 99);
  screening.fidelity = 0.25;
  const Iteration round = checker.ObserveRound(std::vector<Trial>{screening});
  EXPECT_FALSE(round.gap);
  EXPECT_DOUBLE_EQ(*round.best_observed, 2);
  EXPECT_EQ(checker.num_trials_without_gain(), 1);
  Round(checker, 0);
  EXPECT_TRUE(checker.converged());
}

TEST(ConvergenceChecker, NoRoundsMeansNever) {
  auto checker = MakeChecker(0.5, 0);
  for (int i = 0; i < 10; ++i) Round(checker, 0);
  EXPECT_FALSE(checker.converged());
}

TEST(ConvergenceChecker, WithoutSpreadThereIsNoThreshold) {
  ConvergenceChecker checker(0.5, 0, 1);
  checker.ObserveInitial({});
  EXPECT_FALSE(Round(checker, 0).threshold);  // one objective so far
  EXPECT_FALSE(checker.converged());
  Round(checker, 0);  // two, spread 0
  EXPECT_TRUE(checker.converged());
}

}  // namespace
}  // namespace rankadaptor::internal
