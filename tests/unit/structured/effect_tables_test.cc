#include "rankadaptor/surrogate/effect_tables.h"

#include <cmath>

#include <gmock/gmock.h>

#include "tests/unit/structured/random_rows.h"

namespace rankadaptor::surrogate {
namespace {

TEST(EffectTables, SumsUpAllEffects) {
  const EffectStructure structure = testing::SixLevels(3);
  EffectTables tables = ZeroTables(structure);
  tables.constant = 1;
  tables.mains[2][5] = 10;
  tables.pairs.push_back({0, 2, std::vector<double>(36, 0.0)});
  tables.pairs[0].values[1 * 6 + 5] = 100;
  tables.global[1 + 2 + 5] = 1000;
  const std::vector<int32_t> measured = {1, 0, 5};
  tables.residual_weights = {10000};
  tables.residual_rows = measured;
  const double alike = structure.residual_correlations[1][2 * 6 + 0];
  EXPECT_DOUBLE_EQ(Evaluate(tables, structure, std::vector<int32_t>{1, 2, 5}),
                   1111 + 10000 * alike);
  EXPECT_LT(alike, 1);
}

TEST(EffectTables, AddsTablesWithOtherPairs) {
  const EffectStructure structure = testing::SixLevels(3);
  EffectTables sum = ZeroTables(structure);
  sum.pairs.push_back({0, 2, std::vector<double>(36, 1.0)});
  EffectTables term = ZeroTables(structure);
  term.constant = 5;
  term.pairs.push_back({0, 1, std::vector<double>(36, 1.0)});
  term.pairs.push_back({0, 2, std::vector<double>(36, 1.0)});
  AddTables(term, 2, sum);
  ASSERT_THAT(sum.pairs, ::testing::SizeIs(2));
  EXPECT_EQ(sum.pairs[0].second, 1);
  EXPECT_EQ(sum.pairs[0].values[0], 2);
  EXPECT_EQ(sum.pairs[1].values[0], 3);
  EXPECT_EQ(sum.constant, 10);
}

TEST(EffectTables, TheGlobalSumCountsEvenStepsOfMixedScales) {
  const EffectStructure structure =
      MakeEffectStructure({{.num_levels = 3},
                           {.num_levels = 5},
                           {.num_levels = 4, .ordinal = false}});
  EXPECT_EQ(structure.num_global_sums, 4 + 4 + 1);
  EXPECT_EQ(GlobalSum(structure, std::vector<int32_t>{1, 4, 3}), 2 + 4 + 0);
  EXPECT_EQ(GlobalSum(structure, std::vector<int32_t>{2, 4, 0}), 8);
}

TEST(EffectTables, TheResidualForgetsWithEveryChangedLevel) {
  const EffectStructure structure = testing::SixLevels(20);
  std::vector<int32_t> a(20, 0);
  std::vector<int32_t> b = a;
  EXPECT_EQ(ResidualCorrelation(structure, a, b), 1);
  for (int i = 0; i < 7; ++i) b[2 * i] = 1 + i % 5;
  EXPECT_NEAR(ResidualCorrelation(structure, a, b), std::exp(-1), 1e-12);
}

}  // namespace
}  // namespace rankadaptor::surrogate
