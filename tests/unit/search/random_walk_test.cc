#include "search/random_walk.h"

#include <set>

#include <gmock/gmock.h>

#include "search/feasible_set.h"
#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using rankadaptor::testing::MakeMixedSpace;
using rankadaptor::testing::MakeSpace;
using rankadaptor::testing::MakeTableSpace;
using ::testing::SizeIs;

// The sum is fixed, so that every step changes two parameters.
TEST(RandomWalk, ReachesEveryConfigurationOfATightSpace) {
  SearchSpace space = MakeMixedSpace(4, 6, 6);
  RandomStream stream(1, "test");
  RandomWalk walk(space, space.feasible_configuration());
  std::set<Configuration> seen;
  for (int i = 0; i < 5000; ++i) {
    walk.Step(stream);
    ASSERT_TRUE(space.KeepsConstraints(walk.configuration()));
    seen.insert(walk.configuration());
  }
  EXPECT_THAT(seen, SizeIs(EnumerateFeasible(space, 1000).size()));
}

TEST(RandomWalk, ReachesEveryConfigurationUnderAWeightTable) {
  SearchSpace space = MakeTableSpace(2, 7);
  RandomStream stream(1, "test");
  RandomWalk walk(space, space.feasible_configuration());
  std::set<Configuration> seen;
  for (int i = 0; i < 5000; ++i) {
    walk.Step(stream);
    ASSERT_TRUE(space.KeepsConstraints(walk.configuration()));
    seen.insert(walk.configuration());
  }
  EXPECT_THAT(seen, SizeIs(EnumerateFeasible(space, 1000).size()));
}

TEST(RandomWalk, StaysWhereThereIsNoNeighbour) {
  SearchSpace space = MakeSpace(2, 1);
  RandomStream stream(1, "test");
  RandomWalk walk(space, space.feasible_configuration());
  EXPECT_FALSE(walk.Step(stream));
  EXPECT_EQ(walk.configuration(), space.feasible_configuration());
}

}  // namespace
}  // namespace rankadaptor::internal
