#include "search/strategies/structured/table_search.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"

#include "search/sampler.h"
#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using ::rankadaptor::testing::MakeBudgetSpace;
using ::rankadaptor::testing::MakeSpace;
using surrogate::EffectStructure;
using surrogate::EffectTables;

// Random tables of every kind.
class RandomTables {
 public:
  explicit RandomTables(const SearchSpace& search_space)
      : space(search_space),
        sampler(search_space),
        structure(surrogate::MakeEffectStructure(space.Dimensions())),
        tables(ZeroTables(structure)) {
    for (auto& main : tables.mains) Fill(main);
    Fill(tables.global);
    for (int i = 0; i < space.num_dimensions(); ++i) {
      for (int j = i + 1; j < space.num_dimensions(); j += 2) {
        const int size = space.num_levels(i) * space.num_levels(j);
        tables.pairs.push_back({i, j, std::vector<double>(size)});
        Fill(tables.pairs.back().values);
      }
    }
    for (int r = 0; r < 10; ++r) {
      const Row row = RandomRow();
      measured.insert(measured.end(), row.begin(), row.end());
    }
    tables.residual_weights.resize(10);
    Fill(tables.residual_weights);
    tables.residual_rows = measured;
  }

  Row RandomRow() {
    Configuration x = space.ToConfiguration(Row(space.num_dimensions()));
    sampler.Sample(stream, x.choices);
    return space.ToRow(x);
  }
  double Value(const Row& row) const {
    return Evaluate(tables, structure, row);
  }

  FreeSpace space;
  Sampler sampler;
  RandomStream stream{1, "tables"};
  EffectStructure structure;
  EffectTables tables;
  std::vector<int32_t> measured;

 private:
  void Fill(std::vector<double>& values) {
    for (double& value : values) value = stream.Normal(0, 1);
  }
};

TEST(TableSearch, EndsWhereNoChangeOfOneLevelRaisesTheValue) {
  RandomTables random(MakeSpace(7, 5));
  TableSearch search(random.space, random.structure, random.tables);
  for (int start = 0; start < 5; ++start) {
    const ValuedRow peak = search.Climb(random.RandomRow());
    EXPECT_NEAR(peak.value, random.Value(peak.row), 1e-9);
    for (int i = 0; i < 7; ++i) {
      for (int32_t a = 0; a < 5; ++a) {
        Row neighbour = peak.row;
        neighbour[i] = a;
        EXPECT_LE(random.Value(neighbour), peak.value + 1e-9);
      }
    }
  }
}

TEST(TableSearch, KeepsTheBudgetAndExchangesLevelsWithinIt) {
  RandomTables random(MakeBudgetSpace(8, 6, 12));
  TableSearch search(random.space, random.structure, random.tables);
  for (int start = 0; start < 5; ++start) {
    const ValuedRow peak = search.Climb(random.RandomRow());
    EXPECT_TRUE(random.space.Feasible(peak.row));
    EXPECT_NEAR(peak.value, random.Value(peak.row), 1e-9);
    for (int i = 0; i < 8; ++i) {
      for (int32_t a = 0; a < 6; ++a) {
        Row neighbour = peak.row;
        neighbour[i] = a;
        if (!random.space.Feasible(neighbour)) continue;
        EXPECT_LE(random.Value(neighbour), peak.value + 1e-9);
      }
    }
  }
}

TEST(TableSearch, ExchangesWhereTheBudgetForbidsSingleChanges) {
  const SearchSpace budget_space = MakeBudgetSpace(2, 3, 2);
  const FreeSpace space(budget_space);
  const EffectStructure structure =
      surrogate::MakeEffectStructure(space.Dimensions());
  EffectTables tables = ZeroTables(structure);
  tables.mains[0] = {0, 1, 2};
  tables.mains[1] = {0, 3, 6};
  TableSearch search(space, structure, tables);
  // {2, 0} uses up the budget, and lowering it loses.
  EXPECT_EQ(search.Climb({2, 0}).row, (Row{0, 2}));
}

TEST(TableSearch, MovesAreTheFeasibleNeighboursBestFirst) {
  RandomTables random(MakeBudgetSpace(4, 4, 5));
  TableSearch search(random.space, random.structure, random.tables);
  const Row row = random.RandomRow();
  const double value = random.Value(row);
  double last = std::numeric_limits<double>::infinity();
  size_t feasible = 0;
  for (int i = 0; i < 4; ++i) {
    for (int32_t a = 0; a < 4; ++a) {
      Row neighbour = row;
      neighbour[i] = a;
      feasible += a != row[i] && random.space.Feasible(neighbour);
    }
  }
  const auto moves = search.Moves(row);
  EXPECT_EQ(moves.size(), feasible);
  for (const TableSearch::Move& move : moves) {
    Row neighbour = row;
    neighbour[move.dimension] = move.level;
    EXPECT_NEAR(random.Value(neighbour) - value, move.gain, 1e-9);
    EXPECT_LE(move.gain, last);
    last = move.gain;
  }
}

}  // namespace
}  // namespace rankadaptor::internal
