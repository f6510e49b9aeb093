#include "surrogate/structured/row_selection.h"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>

#include "tests/unit/structured/random_rows.h"

namespace rankadaptor::surrogate {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(SelectRows, KeepsAllOfFew) {
  EXPECT_THAT(SelectRows(std::vector<double>{3, 1, 2}, 5),
              ElementsAre(0, 1, 2));
}

TEST(SelectRows, KeepsTheLatestAndTheBest) {
  std::vector<double> scores(100);
  std::iota(scores.rbegin(), scores.rend(), 0.0);  // the first is the best
  const std::vector<int> selected = SelectRows(scores, 20);
  ASSERT_THAT(selected, SizeIs(20));
  EXPECT_TRUE(std::ranges::is_sorted(selected));
  for (int best = 0; best < 6; ++best) EXPECT_THAT(selected, Contains(best));
  for (int late = 92; late < 100; ++late) {
    EXPECT_THAT(selected, Contains(late));
  }
}

TEST(SelectPairs, KeepsAllOfFewDimensions) {
  EXPECT_THAT(SelectPairs(testing::SixLevels(26), {}, {}), SizeIs(325));
}

TEST(SelectPairs, ScreensTheManyPairsOfManyDimensions) {
  const EffectStructure structure = testing::SixLevels(100);
  const std::vector<int32_t> rows = testing::RandomRows(structure, 200, 1);
  std::vector<double> scores;
  for (int r = 0; r < 200; ++r) {
    scores.push_back((rows[r * 100 + 3] - 2.5) * (rows[r * 100 + 77] - 2.5));
  }
  const std::vector<DimensionPair> pairs = SelectPairs(structure, rows, scores);
  EXPECT_LE(pairs.size(), 1000u);
  EXPECT_TRUE(std::ranges::is_sorted(pairs));
  EXPECT_THAT(pairs, Contains(DimensionPair(3, 77)));
  EXPECT_THAT(pairs, Contains(DimensionPair(50, 51)));
}

}  // namespace
}  // namespace rankadaptor::surrogate
