#include "rankadaptor/llama/task.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

namespace rankadaptor::llama {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAreArray;

TEST(Task, UnknownNameListsTheTasks) {
  const auto task = LoadTask("mmlu", "");
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(task.error().message, HasSubstr("\"mmlu\" is not one of boolq"));
}

TEST(SplitDocuments, CoversEveryDocumentOnce) {
  const DocumentSplit split = SplitDocuments(11, 0.4, 7).value();
  EXPECT_THAT(split.search, SizeIs(4));
  std::vector<int64_t> both = split.search;
  both.insert(both.end(), split.confirm.begin(), split.confirm.end());
  EXPECT_THAT(both, UnorderedElementsAreArray(AllDocuments(11)));
  EXPECT_TRUE(std::ranges::is_sorted(split.search));
  EXPECT_TRUE(std::ranges::is_sorted(split.confirm));
}

TEST(SplitDocuments, DependsOnTheSeedOnly) {
  EXPECT_EQ(SplitDocuments(100, 0.5, 1)->search,
            SplitDocuments(100, 0.5, 1)->search);
  EXPECT_NE(SplitDocuments(100, 0.5, 1)->search,
            SplitDocuments(100, 0.5, 2)->search);
}

TEST(SplitDocuments, LeavesNoSideEmpty) {
  EXPECT_THAT(SplitDocuments(2, 0.01, 1)->search, SizeIs(1));
  EXPECT_THAT(SplitDocuments(2, 0.99, 1)->confirm, SizeIs(1));
}

TEST(SplitDocuments, RefusesWhatCannotBeSplit) {
  EXPECT_THAT(SplitDocuments(1, 0.5, 1).error().message, HasSubstr("1 docu"));
  EXPECT_THAT(SplitDocuments(9, 1.0, 1).error().message,
              HasSubstr("search fraction = 1"));
  EXPECT_FALSE(SplitDocuments(9, 0.0, 1));
  EXPECT_FALSE(SplitDocuments(9, std::nan(""), 1));
}

TEST(FirstDocuments, TakesACountOrAFractionRoundedUp) {
  EXPECT_THAT(FirstDocuments(10, 2).value(), ElementsAre(0, 1));
  EXPECT_THAT(FirstDocuments(10, 0.11).value(), ElementsAre(0, 1));
  EXPECT_THAT(FirstDocuments(3, 1).value(), ElementsAre(0));
  EXPECT_THAT(FirstDocuments(3, 1000).value(), SizeIs(3));
}

TEST(FirstDocuments, RefusesOtherLimits) {
  for (const double limit : {0.0, -1.0, 2.5, std::nan("")}) {
    EXPECT_THAT(FirstDocuments(10, limit).error().message, HasSubstr("limit"));
  }
}

}  // namespace
}  // namespace rankadaptor::llama
