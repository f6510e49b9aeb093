#include "search/trial_log.h"

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using rankadaptor::testing::MakeTrial;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TrialLogTest : public ::testing::Test {
 protected:
  // "i" initial, "s" search, "f" finalist, "b" baseline, "-" a hole.
  TrialLog LogOf(std::string_view purposes) {
    for (size_t i = 0; i < purposes.size(); ++i) {
      Trial trial = MakeTrial(static_cast<int64_t>(i), {0}, 0);
      switch (purposes[i]) {
        case 'i':
          trial.purpose = TrialPurpose::kInitial;
          break;
        case 's':
          trial.purpose = TrialPurpose::kSearch;
          break;
        case 'f':
          trial.purpose = TrialPurpose::kFinalist;
          break;
        case 'b':
          trial.purpose = TrialPurpose::kBaseline;
          break;
        default:
          continue;
      }
      EXPECT_TRUE(store_.AppendTrial(trial));
    }
    TrialLog log(store_);
    EXPECT_TRUE(log.Load());
    return log;
  }

  MemoryStore store_;
};

TEST_F(TrialLogTest, AppendReachesTheStoreAndRefusesAnIdTwice) {
  TrialLog log = LogOf("");
  ASSERT_TRUE(log.Append(MakeTrial(0, {1}, 2)));
  EXPECT_THAT(store_.LoadTrials().value(), SizeIs(1));
  EXPECT_EQ(log.Find(0)->measurement.objective, 2);
  EXPECT_EQ(log.Find(1), nullptr);
  EXPECT_FALSE(log.Append(MakeTrial(0, {1}, 3)));
  EXPECT_EQ(log.Find(0)->measurement.objective, 2);
}

TEST_F(TrialLogTest, TheNextBatchFollowsWhatIsTaken) {
  IdBlock block = LogOf("iis").NextSearchBlock(3, 4);
  EXPECT_EQ(block.first, 3);
  EXPECT_EQ(block.count, 4);
}

TEST_F(TrialLogTest, ABatchWithHolesKeepsItsPlace) {
  IdBlock block = LogOf("ii-s").NextSearchBlock(2, 2);
  EXPECT_EQ(block.first, 2);
  EXPECT_EQ(block.count, 2);
}

TEST_F(TrialLogTest, ABatchDoesNotReachAcrossConvergenceTrials) {
  IdBlock block = LogOf("iissfb").NextSearchBlock(2, 4);
  EXPECT_EQ(block.first, 2);
  EXPECT_EQ(block.count, 2);
}

TEST_F(TrialLogTest, ALongerStudyGoesOnBehindItsFirstConvergence) {
  IdBlock block = LogOf("iissfbf").NextSearchBlock(4, 4);
  EXPECT_EQ(block.first, 7);
  EXPECT_EQ(block.count, 4);
}

TEST_F(TrialLogTest, ALongerStudyGoesOnBehindAConvergenceThatWasCutShort) {
  IdBlock block = LogOf("iiss-b").NextSearchBlock(4, 4);
  EXPECT_EQ(block.first, 6);
}

TEST_F(TrialLogTest, OnlyWholeBlocksAreReplayed) {
  TrialLog log = LogOf("iis-s");
  EXPECT_THAT(log.StoredSuggestions({2, 3}), IsEmpty());
  EXPECT_THAT(log.StoredSuggestions({0, 3}), SizeIs(3));
}

}  // namespace
}  // namespace rankadaptor::internal
