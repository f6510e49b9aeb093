#include "search/feasible_set.h"

#include <set>

#include <gmock/gmock.h>

#include "rankadaptor/search/feasible_configurations.h"

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using rankadaptor::testing::MakeBudgetSpace;
using rankadaptor::testing::MakeMixedSpace;
using rankadaptor::testing::MakeSpace;
using rankadaptor::testing::MakeTableSpace;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(FeasibleSet, ListsAllInLexicographicOrder) {
  EXPECT_THAT(
      EnumerateFeasible(MakeBudgetSpace(2, 3, 1), 100),
      ElementsAre(
          Configuration{{0, 0}}, Configuration{{0, 1}}, Configuration{{1, 0}}));
}

TEST(FeasibleSet, FrozenParametersKeepTheirChoiceAndCost) {
  LinearConstraint budget{"units", {{5}, {0, 1, 2}, {1}}, 7};
  auto space =
      SearchSpace::Create({{"a", {8}}, {"b", {2, 4, 6}}, {"c", {8}}}, {budget});
  EXPECT_THAT(EnumerateFeasible(*space, 100),
              ElementsAre(Configuration{{0, 0, 0}}, Configuration{{0, 1, 0}}));
}

TEST(FeasibleSet, ASpaceOfOneHasOne) {
  auto space = SearchSpace::Create({{"a", {8}}, {"b", {8}}});
  EXPECT_THAT(EnumerateFeasible(*space, 100),
              ElementsAre(Configuration{{0, 0}}));
}

TEST(FeasibleSet, MoreThanTheLimitIsNone) {
  EXPECT_THAT(EnumerateFeasible(MakeSpace(3, 4), 64), SizeIs(64));
  EXPECT_THAT(EnumerateFeasible(MakeSpace(3, 4), 63), IsEmpty());
  EXPECT_THAT(EnumerateFeasible(MakeSpace(4000, 6), 1000), IsEmpty());
}

TEST(FeasibleSet, WeightTablesAreKeptExactly) {
  const SearchSpace space = MakeTableSpace(2, 9);
  const SearchSpace unlimited = SearchSpace::Create(space.parameters()).value();
  size_t num_feasible = 0;
  for (const Configuration& x : EnumerateFeasible(unlimited, 2000)) {
    num_feasible += space.KeepsConstraints(x) ? 1 : 0;
  }
  std::set<Configuration> listed;
  for (const Configuration& x : EnumerateFeasible(space, 2000)) {
    EXPECT_TRUE(space.KeepsConstraints(x));
    EXPECT_TRUE(listed.insert(x).second);
  }
  EXPECT_THAT(listed, SizeIs(num_feasible));
}

TEST(FeasibleSet, SeveralConstraintsAreKeptTogether) {
  const SearchSpace space = MakeMixedSpace(5, 6, 7);
  const SearchSpace unlimited = SearchSpace::Create(space.parameters()).value();
  size_t num_feasible = 0;
  for (const Configuration& x : EnumerateFeasible(unlimited, 2000)) {
    num_feasible += space.KeepsConstraints(x) ? 1 : 0;
  }
  EXPECT_GT(num_feasible, 0u);
  EXPECT_THAT(EnumerateFeasible(space, 2000), SizeIs(num_feasible));
}

// Dead ends would make this take for ever.
TEST(FeasibleSet, TightBudgetsInLargeSpacesAreListedQuickly) {
  EXPECT_THAT(EnumerateFeasible(MakeBudgetSpace(1000, 6, 1), 10000),
              SizeIs(1001));
}

TEST(FeasibleSet, StopsWhenTheVisitorWantsNoMore) {
  int visited = 0;
  ForEachFeasible(MakeSpace(30, 6),
                  [&](const Configuration&) { return ++visited < 10; });
  EXPECT_EQ(visited, 10);
}

}  // namespace
}  // namespace rankadaptor::internal
