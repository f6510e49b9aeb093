#include "tests/contract/store_contract.h"

#include <limits>

namespace rankadaptor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Uses every field, and numbers that decimal text does not hold.
Trial FullTrial(int64_t id) {
  Trial trial;
  trial.id = id;
  trial.purpose = TrialPurpose::kBaseline;
  trial.label = "uniform 8; \"quoted\" \xC3\xA9";
  trial.configuration.choices = {0, 5, 3};
  trial.seed = std::numeric_limits<uint64_t>::max();
  trial.split = ItemSplit::kConfirm;
  trial.fidelity = 1.0 / 3;
  trial.predicted = 0.1;
  trial.deviation = 1e300;
  trial.expected_improvement = -0.0;
  trial.state = TrialState::kComplete;
  trial.measurement.objective = 1.0 / 3;
  trial.measurement.metrics = {
      {"arc_easy", std::numeric_limits<double>::denorm_min()}, {"piqa", -0.0}};
  trial.duration_seconds = 1e-9;
  trial.reports = {{0.1, -1.0 / 3}, {1, -0.0}};
  trial.artifacts = {"trial-3", "log with spaces.txt"};
  return trial;
}

Trial FailedTrial(int64_t id) {
  Trial trial;
  trial.id = id;
  trial.purpose = TrialPurpose::kInitial;
  trial.configuration.choices = {1};
  trial.state = TrialState::kFailed;
  trial.reason = "out of memory:\n'line 2'";
  return trial;
}

TEST_P(StoreContract, ANewStoreIsEmpty) {
  EXPECT_THAT(GetParam()()->store().LoadTrials().value(), IsEmpty());
}

TEST_P(StoreContract, TrialsComeBackAsTheyWere) {
  auto harness = GetParam()();
  ASSERT_TRUE(harness->store().AppendTrial(FullTrial(0)));
  ASSERT_TRUE(harness->store().AppendTrial(FailedTrial(1)));
  harness->Reopen();
  EXPECT_THAT(harness->store().LoadTrials().value(),
              ElementsAre(FullTrial(0), FailedTrial(1)));
}

TEST_P(StoreContract, TrialsAreOrderedByIdAndMayHaveHoles) {
  auto harness = GetParam()();
  for (int64_t id : {7, 2, 4}) {
    ASSERT_TRUE(harness->store().AppendTrial(FailedTrial(id)));
  }
  harness->Reopen();
  EXPECT_THAT(harness->store().LoadTrials().value(),
              ElementsAre(FailedTrial(2), FailedTrial(4), FailedTrial(7)));
}

TEST_P(StoreContract, AnIdIsStoredOnce) {
  auto harness = GetParam()();
  ASSERT_TRUE(harness->store().AppendTrial(FullTrial(3)));
  Status again = harness->store().AppendTrial(FailedTrial(3));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  harness->Reopen();
  EXPECT_FALSE(harness->store().AppendTrial(FailedTrial(3)));
  EXPECT_THAT(harness->store().LoadTrials().value(), ElementsAre(FullTrial(3)));
}

// What is known when a trial is handed out.
Trial AskedTrial(int64_t id) {
  Trial trial;
  trial.id = id;
  trial.configuration.choices = {2, static_cast<int32_t>(id)};
  trial.predicted = 0.1 * static_cast<double>(id);
  return trial;
}

TEST_P(StoreContract, TheOrderOfResultsIsKept) {
  auto harness = GetParam()();
  for (int64_t id : {7, 2, 4}) {
    ASSERT_TRUE(harness->store().AppendTrial(FailedTrial(id)));
  }
  harness->Reopen();
  EXPECT_THAT(harness->store().LoadAppendOrder().value(), ElementsAre(7, 2, 4));
}

TEST_P(StoreContract, AskedTrialsAreKeptUntilTheyHaveAResult) {
  auto harness = GetParam()();
  const std::vector<Trial> asked = {
      AskedTrial(0), AskedTrial(1), AskedTrial(2)};
  ASSERT_TRUE(harness->store().AppendAsked(asked));
  ASSERT_TRUE(harness->store().AppendTrial(FailedTrial(1)));
  harness->Reopen();
  EXPECT_THAT(harness->store().LoadAsked().value(),
              ElementsAre(AskedTrial(0), AskedTrial(2)));
  EXPECT_THAT(harness->store().LoadTrials().value(),
              ElementsAre(FailedTrial(1)));
}

TEST_P(StoreContract, AnIdIsAskedOnceAndABatchWhollyOrNotAtAll) {
  auto harness = GetParam()();
  ASSERT_TRUE(harness->store().AppendAsked(std::vector<Trial>{AskedTrial(1)}));
  Status again = harness->store().AppendAsked(
      std::vector<Trial>{AskedTrial(0), AskedTrial(1)});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(harness->store().LoadAsked().value(), ElementsAre(AskedTrial(1)));
}

TEST_P(StoreContract, WritingGoesOnAfterReading) {
  auto harness = GetParam()();
  for (int64_t id = 0; id < 20; ++id) {
    ASSERT_TRUE(harness->store().AppendTrial(FullTrial(id)));
    ASSERT_THAT(harness->store().LoadTrials().value(), SizeIs(id + 1));
  }
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreContract);

}  // namespace rankadaptor
