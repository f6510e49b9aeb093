#include "search/confirmation.h"

#include <cmath>

#include <gmock/gmock.h>

#include "search/statistics.h"
#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using rankadaptor::testing::MakeTrial;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::vector<uint64_t> kSeeds = {101, 102, 103};

class ConfirmationTest : public ::testing::Test {
 protected:
  // Finalists {1} and {2}, baseline {0}.
  std::vector<ConfirmedCandidate> candidates_ =
      MakeCandidates({{.configuration = {{1}}, .predicted = 9}},
                     MakeTrial(3, {2}, 8),
                     {{"uniform", {{0}}}});
  MemoryStore store_;
  TrialLog log_{store_};

  void Store(Trial trial, double value, TrialState state) {
    trial.state = state;
    trial.measurement.objective = value;
    trial.measurement.metrics = {{"half", value / 2}};
    ASSERT_TRUE(log_.Append(trial));
  }
};

TEST_F(ConfirmationTest, FinalistsComeBeforeBaselines) {
  ASSERT_THAT(candidates_, SizeIs(3));
  EXPECT_EQ(candidates_[0].label, "recommended 1");
  EXPECT_EQ(candidates_[0].predicted, 9);
  EXPECT_EQ(candidates_[1].label, "best observed");
  EXPECT_EQ(candidates_[2].label, "uniform");
  EXPECT_EQ(candidates_[2].purpose, TrialPurpose::kBaseline);
}

TEST_F(ConfirmationTest, AFinalistIsListedOnce) {
  auto candidates =
      MakeCandidates({{.configuration = {{1}}}, {.configuration = {{2}}}},
                     MakeTrial(3, {2}, 8),
                     {});
  ASSERT_THAT(candidates, SizeIs(2));
  EXPECT_EQ(candidates[1].label, "recommended 2");
}

TEST_F(ConfirmationTest, AllAreMeasuredWithTheSameFreshSeeds) {
  auto plan = PlanConfirmation(candidates_, kSeeds, 40, log_);
  ASSERT_THAT(plan, SizeIs(9));
  for (size_t i = 0; i < plan.size(); ++i) {
    EXPECT_EQ(plan[i].id, 40 + static_cast<int64_t>(i));
    EXPECT_EQ(plan[i].seed, kSeeds[i / 3]);
    EXPECT_EQ(plan[i].configuration, candidates_[i % 3].configuration);
    EXPECT_EQ(plan[i].label, candidates_[i % 3].label);
    EXPECT_EQ(plan[i].split, ItemSplit::kConfirm);
  }
}

TEST_F(ConfirmationTest, EqualConfigurationsAreMeasuredOnce) {
  candidates_[2].configuration = {{1}};  // the baseline was found
  EXPECT_THAT(PlanConfirmation(candidates_, kSeeds, 40, log_), SizeIs(6));
}

TEST_F(ConfirmationTest, WhatAnEarlierConvergenceMeasuredIsReused) {
  auto plan = PlanConfirmation(candidates_, kSeeds, 40, log_);
  Store(plan[4], 1, TrialState::kComplete);
  EXPECT_THAT(PlanConfirmation(candidates_, kSeeds, 60, log_), SizeIs(8));
  // The study's own convergence phase keeps its ids.
  EXPECT_EQ(PlanConfirmation(candidates_, kSeeds, 40, log_), plan);
}

TEST_F(ConfirmationTest, DifferencesArePairedBySeed) {
  auto plan = PlanConfirmation(candidates_, kSeeds, 0, log_);
  // Seeds move the result by 10, the configurations differ by little.
  const double values[] = {11, 12, 10, 22, 22, 20, 31, 30, 30};
  for (size_t i = 0; i < plan.size(); ++i) {
    Store(plan[i], values[i], TrialState::kComplete);
  }
  SummariseConfirmation(kSeeds, log_, candidates_);
  const ConfirmedCandidate& first = candidates_[0];
  EXPECT_DOUBLE_EQ(*first.objective.mean, (11 + 22 + 31) / 3.0);
  EXPECT_NEAR(*first.objective.standard_deviation, 10.017, 0.001);
  EXPECT_EQ(first.difference->num_samples, 3);
  EXPECT_DOUBLE_EQ(*first.difference->mean, 4 / 3.0);
  EXPECT_NEAR(*first.difference->standard_error, 0.3333, 0.0001);
  EXPECT_THAT(first.metrics, ElementsAre(Metric{"half", 64 / 6.0}));
  EXPECT_FALSE(candidates_[2].difference);
  EXPECT_EQ(BestFinalist(candidates_), 0);
}

TEST_F(ConfirmationTest, FailedTrialsAreLeftOutOfMeansAndPairs) {
  auto plan = PlanConfirmation(candidates_, kSeeds, 0, log_);
  for (const Trial& trial : plan) {
    const bool fails = trial.id == 0 || trial.id == 5 || trial.id % 3 == 1;
    Store(trial,
          static_cast<double>(trial.id),
          fails ? TrialState::kFailed : TrialState::kComplete);
  }
  SummariseConfirmation(kSeeds, log_, candidates_);
  EXPECT_EQ(candidates_[0].objective.num_samples, 2);
  EXPECT_EQ(candidates_[0].difference->num_samples, 1);
  EXPECT_DOUBLE_EQ(*candidates_[0].difference->mean, -2);  // 6 - 8
  EXPECT_FALSE(candidates_[0].difference->standard_error);
  EXPECT_FALSE(candidates_[1].objective.mean);
  EXPECT_THAT(candidates_[1].metrics, IsEmpty());
  EXPECT_EQ(BestFinalist(candidates_), 0);
}

TEST_F(ConfirmationTest, AFinalistThatIsWorseBeyondDoubtIsOutOfTheRace) {
  auto plan = PlanConfirmation(candidates_, kSeeds, 0, log_);
  // Seed by seed {2} is below {1} by 1.0, 1.1 and 1.05; the baseline is far
  // below.
  const double values[] = {11, 10, 0, 22.1, 21, 0, 31.05, 30, 0};
  for (size_t i = 0; i < plan.size(); ++i) {
    Store(plan[i], values[i], TrialState::kComplete);
  }
  EXPECT_THAT(StillInRace(candidates_, kSeeds, log_),
              ElementsAre(candidates_[0], candidates_[2]));
  // Two seeds say little: 1.0 and 1.1 would need a difference of 3.2.
  EXPECT_THAT(StillInRace(candidates_, std::span(kSeeds).first(2), log_),
              SizeIs(3));
}

TEST_F(ConfirmationTest, FinalistsThatAreCloseStayInTheRace) {
  auto plan = PlanConfirmation(candidates_, kSeeds, 0, log_);
  const double values[] = {11, 10, 0, 22, 22, 0, 31, 30, 0};
  for (size_t i = 0; i < plan.size(); ++i) {
    Store(plan[i], values[i], TrialState::kComplete);
  }
  EXPECT_THAT(StillInRace(candidates_, kSeeds, log_), SizeIs(3));
}

// Student's t for two degrees of freedom: 4.302653.
TEST_F(ConfirmationTest, MeansHaveAConfidenceInterval) {
  const double values[] = {1, 2, 3};
  const SampleStatistics sample = Summarise(values);
  EXPECT_NEAR(*sample.margin, 4.302653 / std::sqrt(3.0), 1e-6);
  EXPECT_FALSE(Summarise(std::span(values).first(1)).margin);
}

TEST_F(ConfirmationTest, BaselinesAreNeverBest) {
  auto plan = PlanConfirmation(candidates_, kSeeds, 0, log_);
  for (const Trial& trial : plan) {
    const bool is_baseline = trial.purpose == TrialPurpose::kBaseline;
    Store(trial, is_baseline ? 9 : 1, TrialState::kComplete);
  }
  SummariseConfirmation(kSeeds, log_, candidates_);
  EXPECT_EQ(BestFinalist(candidates_), 0);
  EXPECT_DOUBLE_EQ(*candidates_[0].difference->mean, -8);
}

}  // namespace
}  // namespace rankadaptor::internal
