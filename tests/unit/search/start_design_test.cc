#include "search/strategies/start_design.h"

#include <set>

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using ::rankadaptor::testing::MakeBudgetSpace;
using ::rankadaptor::testing::MakeSpace;

std::vector<Row> Design(const SearchSpace& space, uint64_t seed = 1) {
  return StartDesign(FreeSpace(space), Sampler(space), seed);
}

TEST(StartDesign, BeginsOnBothSidesOfTheMiddle) {
  const auto design = Design(MakeSpace(5, 6));
  EXPECT_EQ(design[0], Row(5, 2));
  EXPECT_EQ(design[1], Row(5, 3));
}

TEST(StartDesign, TriesEveryLevelOfEveryDimension) {
  const auto design = Design(MakeSpace(26, 6));
  for (int i = 0; i < 26; ++i) {
    std::set<int32_t> levels;
    for (size_t r = 2; r < design.size(); ++r) levels.insert(design[r][i]);
    EXPECT_EQ(levels.size(), 6u);
  }
}

TEST(StartDesign, SeedsDiffer) {
  EXPECT_NE(Design(MakeSpace(8, 6), 1), Design(MakeSpace(8, 6), 2));
  EXPECT_EQ(Design(MakeSpace(8, 6), 1), Design(MakeSpace(8, 6), 1));
}

TEST(StartDesign, KeepsTheBudgetWithoutRepeats) {
  for (double limit : {0, 3, 20, 70}) {
    const SearchSpace space = MakeBudgetSpace(20, 6, limit);
    const FreeSpace free(space);
    std::set<Row> seen;
    for (const Row& row : Design(space)) {
      EXPECT_TRUE(free.Feasible(row));
      EXPECT_TRUE(seen.insert(row).second);
    }
    EXPECT_FALSE(seen.empty());
  }
}

}  // namespace
}  // namespace rankadaptor::internal
