// What a study starts from, why it stops, and what it says at the end.
#include <gmock/gmock.h>

#include "rankadaptor/search/study.h"

#include "tests/unit/search/study_fixture.h"

namespace rankadaptor {
namespace {

using ::rankadaptor::testing::MakeSmallStrategy;
using ::rankadaptor::testing::StudyTest;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StudyOutcomeTest : public StudyTest {};

TEST_F(StudyOutcomeTest, WhatIsEnqueuedIsTriedFirst) {
  options_.enqueued = {{{3, 3, 3, 3, 3}}, {{0, 1, 2, 3, 0}}};
  StudySummary summary = Run().value();
  const std::vector<Trial> initial = Trials(TrialPurpose::kInitial);
  ASSERT_THAT(initial, SizeIs(4));
  EXPECT_EQ(initial[0].configuration, options_.enqueued[0]);
  EXPECT_EQ(initial[1].configuration, options_.enqueued[1]);
  EXPECT_EQ(summary.best_observed->configuration, options_.enqueued[0]);
}

TEST_F(StudyOutcomeTest, MoreMayBeEnqueuedThanInitialTrials) {
  options_.enqueued.clear();
  for (int32_t c = 0; c < 6; ++c)
    options_.enqueued.push_back({{0, 0, 0, c / 4, c % 4}});
  StudySummary summary = Run().value();
  EXPECT_EQ(summary.num_initial_trials, 6);
  EXPECT_EQ(summary.num_search_trials, 4);
}

TEST_F(StudyOutcomeTest, WrongEnqueuedConfigurationsAreNamed) {
  options_.enqueued = {{{0, 0, 0, 0, 0}}, {{0, 0, 0, 0, 4}}};
  EXPECT_THAT(Run().error().message, HasSubstr("enqueued[1]: choice 4"));
  options_.enqueued[1] = options_.enqueued[0];
  EXPECT_THAT(Run().error().message, HasSubstr("enqueued[1] is there already"));
}

// Without noise the best measured one is what is recommended, and what moves
// the objective most is what matters most.
TEST_F(StudyOutcomeTest, RecommendsAndSaysWhatMatters) {
  function_ = [](const Configuration& x, auto&) {
    return Measurement{.objective = 4.0 * x.choices[2] + x.choices[4]};
  };
  options_.max_trials = 30;
  strategy_ = MakeSmallStrategy("structured");
  StudySummary summary = Run().value();
  ASSERT_TRUE(summary.recommended);
  EXPECT_EQ(summary.recommended->configuration.choices[2], 3);
  EXPECT_NEAR(*summary.recommended->predicted, 15, 0.5);
  EXPECT_EQ(summary.recommended->observed.num_samples, 1);
  ASSERT_THAT(summary.importance, SizeIs(5));
  EXPECT_GT(summary.importance[2].total, 0.8);
  EXPECT_GT(summary.importance[4].total, summary.importance[0].total);
}

TEST_F(StudyOutcomeTest, WithoutAModelTheHighestMeanIsRecommended) {
  strategy_ = MakeSmallStrategy("random");
  StudySummary summary = Run().value();
  ASSERT_TRUE(summary.recommended);
  EXPECT_EQ(summary.recommended->trial_id, summary.best_observed->id);
  EXPECT_FALSE(summary.recommended->predicted);
  EXPECT_THAT(summary.importance, IsEmpty());
}

TEST_F(StudyOutcomeTest, StopsWhenNoImprovementIsExpected) {
  function_ = [](const Configuration& x, auto&) {
    double sum = 0;
    for (int32_t choice : x.choices) sum += choice;
    return Measurement{.objective = sum};
  };
  options_.max_trials = 200;
  options_.improvement_threshold = 0.1;
  options_.convergence_threshold = 0;
  options_.convergence_rounds = 2;
  strategy_ = MakeSmallStrategy("structured");
  StudySummary summary = Run().value();
  EXPECT_EQ(summary.stop_reason, StopReason::kNoImprovement);
  EXPECT_LT(summary.num_search_trials, 100);
  EXPECT_EQ(summary.best_observed->measurement.objective, 15);
  EXPECT_THAT(summary.stop_sentence,
              HasSubstr("for 2 rounds in a row at most 0.1 standard"));
}

// Finalists far apart: the worse one gets the first three seeds only.
TEST_F(StudyOutcomeTest, RepeatsAreSpentOnFinalistsThatAreClose) {
  function_ = [](const Configuration& x, TrialContext& trial) {
    const double noise = static_cast<double>(trial.seed() % 16) / 1e6;
    // The search overrates one configuration, and confirmation shows it.
    const bool overrated = x.choices[0] == 3;
    const bool search = trial.split() == ItemSplit::kSearch;
    return Measurement{.objective =
                           overrated && search ? 99 : noise + x.choices[1]};
  };
  options_.enqueued = {{{3, 0, 0, 0, 0}}, {{0, 3, 0, 0, 0}}};
  options_.num_confirm_seeds = 6;
  options_.num_recommended = 2;
  options_.max_trials = options_.num_initial_trials = 2;
  options_.baselines.clear();
  strategy_ = MakeSmallStrategy("random");
  StudySummary summary = Run().value();
  ASSERT_THAT(summary.candidates, SizeIs(2));
  EXPECT_EQ(summary.candidates[0].configuration, options_.enqueued[0]);
  EXPECT_EQ(summary.candidates[0].objective.num_samples, 3);
  EXPECT_EQ(summary.candidates[1].objective.num_samples, 6);
  EXPECT_EQ(summary.best, 1);
  EXPECT_EQ(summary.num_confirm_trials, 9);
}

}  // namespace
}  // namespace rankadaptor
