#include "search/strategies/structured/row_chooser.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using ::rankadaptor::testing::MakeBudgetSpace;
using ::rankadaptor::testing::MakeSpace;

// A model of the sum of levels, learned from random rows.
class ChoosingRows : public ::testing::Test {
 protected:
  explicit ChoosingRows(const SearchSpace& space = MakeSpace(5, 4))
      : space_(space), sampler_(space) {
    RandomStream stream(1, "rows");
    std::vector<int32_t> rows;
    std::vector<double> scores;
    for (const Configuration& x : sampler_.SampleDistinct(stream, 30, {})) {
      rows.insert(rows.end(), x.choices.begin(), x.choices.end());
      double sum = 0;
      for (int32_t level : x.choices) sum += level;
      scores.push_back(sum);
      taken_.insert(x);
    }
    model_.Fit(rows, scores);
  }

  FreeSpace space_;
  Sampler sampler_;
  surrogate::EffectStructure structure_ =
      surrogate::MakeEffectStructure(space_.Dimensions());
  surrogate::StructuredModel model_{structure_};
  ConfigurationSet taken_;
  RowChooser chooser_{space_, sampler_, structure_, taken_};
};

TEST_F(ChoosingRows, ThePeakOfTheMeanIsTheBestRow) {
  EXPECT_EQ(chooser_.Peak(model_.MeanTables(), {}, 1), Row(5, 3));
}

TEST_F(ChoosingRows, ATakenPeakGivesItsBestUntakenNeighbour) {
  taken_.insert({{3, 3, 3, 3, 3}});
  const Row row = chooser_.UntakenPeak(model_.MeanTables(), {}, 1);
  int sum = 0;
  for (int32_t level : row) sum += level;
  EXPECT_EQ(sum, 14);
  EXPECT_FALSE(chooser_.Taken(row));
}

TEST_F(ChoosingRows, NothingIsLeftWhereAllNeighboursAreTaken) {
  Row row(5, 3);
  taken_.insert({row});
  for (int i = 0; i < 5; ++i) {
    for (int32_t a = 0; a < 3; ++a) {
      row[i] = a;
      taken_.insert({row});
    }
    row[i] = 3;
  }
  const Row chosen = chooser_.UntakenPeak(model_.MeanTables(), {}, 1);
  EXPECT_TRUE(chosen.empty());
}

TEST_F(ChoosingRows, TheBestNeighbourIsNewAndFeasible) {
  for (int n = 0; n < 20; ++n) {
    const Row row = chooser_.BestNeighbour(model_, n);
    ASSERT_FALSE(row.empty());
    EXPECT_TRUE(space_.Feasible(row));
    EXPECT_TRUE(taken_.insert(space_.ToConfiguration(row)).second);
  }
}

class ChoosingRowsWithinABudget : public ChoosingRows {
 protected:
  ChoosingRowsWithinABudget() : ChoosingRows(MakeBudgetSpace(5, 4, 6)) {}
};

TEST_F(ChoosingRowsWithinABudget, BestNeighboursKeepIt) {
  for (int n = 0; n < 20; ++n) {
    const Row row = chooser_.BestNeighbour(model_, n);
    ASSERT_FALSE(row.empty());
    EXPECT_TRUE(space_.Feasible(row));
    taken_.insert(space_.ToConfiguration(row));
  }
}

}  // namespace
}  // namespace rankadaptor::internal
