#include "search/sampler.h"

#include <cmath>
#include <map>
#include <numeric>

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using rankadaptor::testing::MakeBudgetSpace;
using rankadaptor::testing::MakeMixedSpace;
using rankadaptor::testing::MakeSpace;
using rankadaptor::testing::MakeTableSpace;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::map<std::vector<int32_t>, int> CountSamples(const SearchSpace& space,
                                                 int num_samples) {
  Sampler sampler(space);
  RandomStream stream(1, "test");
  std::map<std::vector<int32_t>, int> counts;
  std::vector<int32_t> choices(space.num_parameters());
  for (int i = 0; i < num_samples; ++i) {
    sampler.Sample(stream, choices);
    ++counts[choices];
  }
  return counts;
}

// Chi-square against the uniform distribution, as standard deviations above its
// mean: 5 of them are an accident of one in a million.
double NonUniformity(const std::map<std::vector<int32_t>, int>& counts,
                     size_t num_feasible,
                     int num_samples) {
  const double expected = static_cast<double>(num_samples) / num_feasible;
  double chi_square = expected * (num_feasible - counts.size());
  for (const auto& [choices, count] : counts) {
    chi_square += (count - expected) * (count - expected) / expected;
  }
  const double freedom = static_cast<double>(num_feasible) - 1;
  return (chi_square - freedom) / std::sqrt(2 * freedom);
}

TEST(Sampler, WithoutABudgetEveryConfigurationIsEquallyLikely) {
  SearchSpace space = MakeSpace(3, 4);
  auto counts = CountSamples(space, 20000);
  EXPECT_LT(std::abs(NonUniformity(counts, 64, 20000)), 5);
}

TEST(Sampler, UnderAWeightTableEveryFeasibleConfigurationIsEquallyLikely) {
  const SearchSpace space = MakeTableSpace(2, 6);
  const size_t num_feasible = EnumerateFeasible(space, 1000).size();
  ASSERT_GT(num_feasible, 20);
  auto counts = CountSamples(space, 20000);
  for (const auto& [choices, count] : counts) {
    EXPECT_TRUE(space.KeepsConstraints({choices}));
  }
  EXPECT_LT(std::abs(NonUniformity(counts, num_feasible, 20000)), 5);
}

class SamplerBudgetTest : public ::testing::TestWithParam<double> {};

TEST_P(SamplerBudgetTest, EveryFeasibleConfigurationIsEquallyLikely) {
  SearchSpace space = MakeBudgetSpace(4, 4, GetParam());
  const auto feasible = EnumerateFeasible(space, 1000);
  auto counts = CountSamples(space, 20000);
  for (const auto& [choices, count] : counts) {
    EXPECT_TRUE(space.KeepsConstraints({choices}));
  }
  if (feasible.size() == 1) {
    EXPECT_THAT(counts, SizeIs(1));
  } else {
    EXPECT_LT(std::abs(NonUniformity(counts, feasible.size(), 20000)), 5);
  }
}

// From "only the cheapest" to "does not bind".
INSTANTIATE_TEST_SUITE_P(Limits,
                         SamplerBudgetTest,
                         ::testing::Values(0, 0.5, 1, 2, 4, 6, 8, 12));

// Weights of very different sizes, where rounding the budget would show.
TEST(Sampler, UnevenWeightsAreSampledUniformly) {
  LinearConstraint budget{.unit = "parameters",
                          .weights = {{0, 1, 1000}, {0.25, 7, 13}, {3, 2, 1}},
                          .limit = 1004};
  SearchSpace space = MakeSpace(3, 3, {budget});
  const auto feasible = EnumerateFeasible(space, 1000);
  auto counts = CountSamples(space, 20000);
  EXPECT_LT(std::abs(NonUniformity(counts, feasible.size(), 20000)), 5);
}

TEST(Sampler, SeveralConstraintsAreSampledUniformly) {
  for (const SearchSpace& space : {MakeMixedSpace(4, 5, 7),
                                   MakeMixedSpace(5, 7, 7),
                                   MakeMixedSpace(4, 0, 12)}) {
    const auto feasible = EnumerateFeasible(space, 2000);
    auto counts = CountSamples(space, 40000);
    for (const auto& [choices, count] : counts) {
      ASSERT_TRUE(space.KeepsConstraints({choices}));
    }
    EXPECT_LT(std::abs(NonUniformity(counts, feasible.size(), 40000)), 5);
  }
}

// Ten sums that must each be met exactly: hardly a draw is accepted.
TEST(Sampler, ManyEqualitiesAreKeptAndStillGiveDifferentConfigurations) {
  std::vector<LinearConstraint> sums;
  for (int pair = 0; pair < 10; ++pair) {
    for (double sign : {1.0, -1.0}) {
      LinearConstraint& sum = sums.emplace_back();
      sum.weights.assign(20, std::vector<double>(6, 0));
      for (int p : {2 * pair, 2 * pair + 1}) {
        for (int c = 0; c < 6; ++c) sum.weights[p][c] = sign * c;
      }
      sum.limit = sign * 5;
    }
  }
  SearchSpace space = MakeSpace(20, 6, sums);
  RandomStream stream(1, "test");
  const auto samples = Sampler(space).SampleDistinct(stream, 100, {});
  EXPECT_THAT(samples, SizeIs(100));
  for (const Configuration& x : samples) {
    EXPECT_TRUE(space.KeepsConstraints(x));
  }
}

TEST(Sampler, LargeTightSpacesAreSampledWithinTheBudget) {
  SearchSpace space = MakeBudgetSpace(1000, 6, 100);
  Sampler sampler(space);
  RandomStream stream(1, "test");
  std::vector<int32_t> choices(1000);
  double spent = 0;
  for (int i = 0; i < 50; ++i) {
    sampler.Sample(stream, choices);
    ASSERT_TRUE(space.KeepsConstraints({choices}));
    spent += std::accumulate(choices.begin(), choices.end(), 0.0) / 50;
  }
  // Nearly all such configurations use nearly all of the budget.
  EXPECT_GT(spent, 95);
}

TEST(Sampler, DistinctSamplesExhaustTheSpace) {
  SearchSpace space = MakeBudgetSpace(3, 3, 3);
  const auto feasible = EnumerateFeasible(space, 1000);
  Sampler sampler(space);
  RandomStream stream(1, "test");
  ConfigurationSet excluded = {feasible[0], feasible[5]};
  auto samples = sampler.SampleDistinct(stream, 1000, excluded);
  EXPECT_EQ(samples.size(), feasible.size() - 2);
  for (const Configuration& sample : samples) {
    EXPECT_TRUE(excluded.insert(sample).second);
  }
  EXPECT_THAT(sampler.SampleDistinct(stream, 1, excluded), IsEmpty());
}

// Only the enumeration finds the last few of many.
TEST(Sampler, FindsTheLastConfigurationOfALargeSpace) {
  SearchSpace space = MakeSpace(6, 4);
  auto all = EnumerateFeasible(space, 4096);
  Configuration last = all[1234];
  ConfigurationSet excluded(all.begin(), all.end());
  excluded.erase(last);
  RandomStream stream(1, "test");
  EXPECT_THAT(Sampler(space).SampleDistinct(stream, 2, excluded),
              ::testing::ElementsAre(last));
}

TEST(Sampler, SmallerCountsGiveTheFirstSamples) {
  SearchSpace space = MakeSpace(2, 3);
  Sampler sampler(space);
  RandomStream stream_9(1, "test");
  RandomStream stream_4(1, "test");
  auto nine = sampler.SampleDistinct(stream_9, 9, {});
  auto four = sampler.SampleDistinct(stream_4, 4, {});
  ASSERT_THAT(nine, SizeIs(9));
  nine.resize(4);
  EXPECT_EQ(four, nine);
}

}  // namespace
}  // namespace rankadaptor::internal
