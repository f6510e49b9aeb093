#include "search/random_walk.h"

#include <set>

#include <gmock/gmock.h>

#include "search/feasible_set.h"
#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using rankadaptor::testing::MakeMixedSpace;
using rankadaptor::testing::MakeSpace;
using ::testing::SizeIs;

// The sum is fixed, so that every step changes two parameters.
TEST(RandomWalk, ReachesEveryConfigurationOfATightSpace) {
  SearchSpace space = MakeMixedSpace(4, 6, 6);
  RandomStream stream(1, "test");
  Configuration x = space.feasible_configuration();
  std::set<Configuration> seen;
  for (int i = 0; i < 5000; ++i) {
    RandomStep(space, stream, x);
    ASSERT_TRUE(space.KeepsConstraints(x));
    seen.insert(x);
  }
  EXPECT_THAT(seen, SizeIs(EnumerateFeasible(space, 1000).size()));
}

TEST(RandomWalk, StaysWhereThereIsNoNeighbour) {
  SearchSpace space = MakeSpace(2, 1);
  RandomStream stream(1, "test");
  Configuration x = space.feasible_configuration();
  EXPECT_FALSE(RandomStep(space, stream, x));
  EXPECT_EQ(x, space.feasible_configuration());
}

}  // namespace
}  // namespace rankadaptor::internal
