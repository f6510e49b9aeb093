#include "search/strategies/row_chooser.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/surrogate/structured_model.h"

#include "search/strategies/structured/best_neighbour.h"
#include "search/strategies/structured/table_search.h"
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

  Row UntakenPeak() const {
    const surrogate::EffectTables tables = model_.MeanTables();
    TableSearch search(space_, structure_, tables);
    return chooser_.UntakenPeak(search, {}, 1);
  }

  // The model's best row is a start, as for a strategy.
  Row NeighbourOfTheBest(uint64_t seed) const {
    const surrogate::EffectTables tables = model_.MeanTables();
    TableSearch search(space_, structure_, tables);
    const auto best = model_.row(model_.BestRows(1)[0]);
    const Row incumbent(best.begin(), best.end());
    return BestNeighbour(model_,
                         search,
                         chooser_,
                         incumbent,
                         chooser_.UntakenPeak(search, {incumbent}, seed));
  }

  FreeSpace space_;
  Sampler sampler_;
  surrogate::EffectStructure structure_ =
      surrogate::MakeEffectStructure(space_.Dimensions());
  surrogate::StructuredModel model_{structure_};
  ConfigurationSet taken_;
  RowChooser chooser_{space_, sampler_, taken_};
};

TEST_F(ChoosingRows, ThePeakOfTheMeanIsTheBestRow) {
  const surrogate::EffectTables tables = model_.MeanTables();
  TableSearch search(space_, structure_, tables);
  EXPECT_EQ(chooser_.Peak(search, {}, 1), Row(5, 3));
}

TEST_F(ChoosingRows, ATakenPeakGivesItsBestUntakenNeighbour) {
  taken_.insert({{3, 3, 3, 3, 3}});
  const Row row = UntakenPeak();
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
  EXPECT_TRUE(UntakenPeak().empty());
}

TEST_F(ChoosingRows, TheBestNeighbourIsNewAndFeasible) {
  for (int n = 0; n < 20; ++n) {
    const Row row = NeighbourOfTheBest(n);
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
    const Row row = NeighbourOfTheBest(n);
    ASSERT_FALSE(row.empty());
    EXPECT_TRUE(space_.Feasible(row));
    taken_.insert(space_.ToConfiguration(row));
  }
}

}  // namespace
}  // namespace rankadaptor::internal
