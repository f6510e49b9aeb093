#include "runners/report/confirmed_rows.h"

#include <cmath>

#include <gmock/gmock.h>

namespace rankadaptor::runners {
namespace {

using ::testing::ElementsAre;

Trial Confirm(TrialPurpose purpose,
              const char* label,
              std::vector<int> choices,
              uint64_t seed,
              double objective) {
  static int64_t id = 0;
  Trial trial;
  trial.id = id++;
  trial.purpose = purpose;
  trial.label = label;
  trial.configuration.choices.assign(choices.begin(), choices.end());
  trial.seed = seed;
  trial.split = ItemSplit::kConfirm;
  trial.state = TrialState::kComplete;
  trial.measurement = {objective, {{"task", 10 * objective}}};
  trial.duration_seconds = 2;
  return trial;
}

std::vector<Trial> Trials() {
  return {Confirm(TrialPurpose::kFinalist, "recommended 1", {1}, 7, 0.5),
          Confirm(TrialPurpose::kFinalist, "recommended 1", {1}, 8, 0.7),
          Confirm(TrialPurpose::kFinalist, "best observed", {2}, 7, 0.4),
          Confirm(TrialPurpose::kBaseline, "uniform 8", {0}, 7, 0.4),
          Confirm(TrialPurpose::kBaseline, "uniform 8", {0}, 8, 0.5),
          Confirm(TrialPurpose::kSearch, "", {3}, 1, 0.9)};
}

TEST(ConfirmedRows, SummariseBaselinesThenFinalists) {
  const std::vector<ReportRow> rows = ConfirmedRows(Trials(), {"average"});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].label, "uniform 8");
  EXPECT_FALSE(rows[0].difference);
  EXPECT_EQ(rows[1].label, "recommended 1");
  EXPECT_TRUE(rows[1].is_best);
  EXPECT_EQ(rows[1].objective.num_samples, 2);
  EXPECT_DOUBLE_EQ(*rows[1].objective.mean, 0.6);
  EXPECT_DOUBLE_EQ(*rows[1].objective.standard_error, 0.1);
  EXPECT_DOUBLE_EQ(rows[1].metrics[0].value, 6);
  EXPECT_DOUBLE_EQ(*rows[1].seconds, 2);
  EXPECT_FALSE(rows[2].is_best);
}

TEST(ConfirmedRows, PairDifferencesBySeed) {
  const std::vector<ReportRow> rows = ConfirmedRows(Trials(), {"average"});
  EXPECT_NEAR(*rows[1].difference->mean, 0.15, 1e-12);  // 0.1 and 0.2
  EXPECT_EQ(rows[2].difference->num_samples, 1);
  EXPECT_FALSE(rows[2].difference->standard_error);
}

TEST(ConfirmedRows, ShowLossesAsLosses) {
  std::vector<Trial> trials = Trials();
  for (Trial& trial : trials) trial.measurement.objective *= -1;
  const auto rows = ConfirmedRows(trials, {.name = "loss", .minimised = true});
  EXPECT_DOUBLE_EQ(*rows[1].objective.mean, 0.6);
  EXPECT_NEAR(*rows[1].difference->mean, 0.15, 1e-12);
  EXPECT_TRUE(rows[2].is_best);  // a loss of 0.4
}

TEST(ConfirmedRows, LeaveFailedTrialsOut) {
  std::vector<Trial> trials = Trials();
  trials[0].state = TrialState::kFailed;
  const auto rows = ConfirmedRows(trials, {"average"});
  EXPECT_EQ(rows[1].objective.num_samples, 1);
  EXPECT_FALSE(rows[1].objective.standard_deviation);
  EXPECT_EQ(rows[1].difference->num_samples, 1);
}

TEST(ConfirmedRows, AreEmptyBeforeConfirmation) {
  EXPECT_TRUE(ConfirmedRows({Trials().back()}, {"average"}).empty());
}

}  // namespace
}  // namespace rankadaptor::runners
