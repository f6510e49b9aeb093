#include "search/strategies/structured_strategy.h"

#include <cmath>
#include <set>

#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using ::rankadaptor::testing::MakeBudgetSpace;
using ::rankadaptor::testing::MakeSpace;
using ::rankadaptor::testing::MakeTrial;

using Function = std::function<double(const std::vector<int32_t>&)>;

double SumOfLevels(const std::vector<int32_t>& x) {
  double sum = 0;
  for (int32_t level : x) sum += level;
  return sum;
}

// Every layer wants its own level, and the first two want to differ.
double Bumps(const std::vector<int32_t>& x) {
  double value = 2 * std::abs(x[0] - x[1]);
  for (size_t i = 0; i < x.size(); ++i) {
    const double offset = x[i] - static_cast<double>(i * 7 % 6);
    value -= offset * offset;
  }
  return value;
}

// Asks and tells `count` times; returns what was tried, as told.
std::vector<Trial> RunStudy(Strategy& strategy,
                            const Function& function,
                            int count) {
  std::vector<Trial> trials;
  for (int n = 0; n < count; ++n) {
    const auto suggestions = strategy.Suggest(1).value();
    if (suggestions.empty()) break;
    const std::vector<int32_t>& x = suggestions[0].configuration.choices;
    trials.push_back(MakeTrial(n, x, function(x)));
    EXPECT_TRUE(strategy.Observe(std::span(&trials.back(), 1)));
  }
  return trials;
}

double BestOf(const std::vector<Trial>& trials) {
  double best = trials[0].measurement.objective;
  for (const Trial& trial : trials) {
    best = std::max(best, trial.measurement.objective);
  }
  return best;
}

TEST(StructuredStrategy, FindsTheBestOfASmoothFunction) {
  StructuredStrategy strategy(MakeSpace(10, 6), 1);
  const auto trials = RunStudy(strategy, Bumps, 60);
  Trial best;
  for (int a = 0; a < 6; ++a) {
    for (int b = 0; b < 6; ++b) {
      std::vector<int32_t> x = {a, b};
      for (int i = 2; i < 10; ++i) x.push_back(i * 7 % 6);
      if (a + b == 0 || Bumps(x) > best.measurement.objective) {
        best = MakeTrial(0, x, Bumps(x));
      }
    }
  }
  EXPECT_EQ(BestOf(trials), best.measurement.objective);
  const auto recommended = strategy.Recommend(1).value();
  EXPECT_EQ(recommended[0].configuration, best.configuration);
  EXPECT_NEAR(*recommended[0].predicted, best.measurement.objective, 0.5);
}

TEST(StructuredStrategy, KeepsTheBudget) {
  const SearchSpace space = MakeBudgetSpace(10, 6, 17);
  StructuredStrategy strategy(space, 1);
  const auto trials = RunStudy(strategy, SumOfLevels, 30);
  ASSERT_EQ(trials.size(), 30u);
  for (const Trial& trial : trials) {
    EXPECT_TRUE(space.Validate(trial.configuration));
  }
  EXPECT_EQ(BestOf(trials), 17);
}

TEST(StructuredStrategy, TriesEachConfigurationOfASmallSpaceOnce) {
  StructuredStrategy strategy(MakeSpace(3, 3), 1);
  std::set<Configuration> seen;
  const auto trials = RunStudy(strategy, SumOfLevels, 40);
  for (const Trial& trial : trials) seen.insert(trial.configuration);
  EXPECT_EQ(trials.size(), 27u);
  EXPECT_EQ(seen.size(), 27u);
}

TEST(StructuredStrategy, TheUnitOfTheScoreDoesNotMatter) {
  std::vector<Configuration> expected;
  for (double unit : {1.0, std::ldexp(1, -900), std::ldexp(1, 900)}) {
    StructuredStrategy strategy(MakeSpace(6, 4), 1);
    const auto trials = RunStudy(
        strategy,
        [&](const std::vector<int32_t>& x) { return unit * Bumps(x); },
        20);
    std::vector<Configuration> tried;
    for (const Trial& trial : trials) tried.push_back(trial.configuration);
    if (expected.empty()) expected = tried;
    EXPECT_EQ(tried, expected);
  }
}

TEST(StructuredStrategy, GoesOnWithConstantScores) {
  StructuredStrategy strategy(MakeSpace(6, 4), 1);
  std::set<Configuration> seen;
  const auto trials = RunStudy(
      strategy, [](const std::vector<int32_t>&) { return 0.3; }, 30);
  for (const Trial& trial : trials) seen.insert(trial.configuration);
  EXPECT_EQ(seen.size(), 30u);
}

TEST(StructuredStrategy, OneFeasibleConfigurationIsTriedOnce) {
  StructuredStrategy strategy(MakeBudgetSpace(5, 4, 0), 1);
  EXPECT_EQ(RunStudy(strategy, SumOfLevels, 5).size(), 1u);
  EXPECT_EQ(strategy.Recommend(2).value().size(), 1u);
}

TEST(StructuredStrategy, RepeatedTrialsAreLearnedFrom) {
  StructuredStrategy strategy(MakeSpace(4, 4), 1);
  std::vector<Trial> trials;
  for (int n = 0; n < 12; ++n) {
    trials.push_back(MakeTrial(n, {n % 2, 1, 2, 3}, n));
  }
  ASSERT_TRUE(strategy.Observe(trials));
  EXPECT_EQ(strategy.Suggest(3).value().size(), 3u);
  EXPECT_EQ(strategy.Recommend(5).value().size(), 3u);  // two, and a peak
}

TEST(StructuredStrategy, WorksInManyDimensions) {
  StructuredStrategy strategy(MakeSpace(512, 6), 1);
  const auto trials = RunStudy(strategy, SumOfLevels, 14);
  EXPECT_EQ(trials.size(), 14u);
  EXPECT_GT(trials.back().measurement.objective, 512 * 3);
}

TEST(StructuredStrategy, BatchesHaveDifferentConfigurations) {
  StructuredStrategy strategy(MakeSpace(8, 6), 1);
  RunStudy(strategy, Bumps, 20);
  std::set<Configuration> seen;
  const auto suggestions = strategy.Suggest(8).value();
  for (const Suggestion& s : suggestions) seen.insert(s.configuration);
  EXPECT_EQ(seen.size(), 8u);
}

// Told in one piece or one by one, asked in between or not.
TEST(StructuredStrategy, AResumedStudyGoesOnTheSame) {
  StructuredStrategy first(MakeSpace(8, 6), 1);
  const auto trials = RunStudy(first, Bumps, 33);
  StructuredStrategy resumed(MakeSpace(8, 6), 1);
  ASSERT_TRUE(resumed.Observe(trials));
  const auto expected = RunStudy(first, Bumps, 10);
  const auto tried = RunStudy(resumed, Bumps, 10);
  for (int n = 0; n < 10; ++n) {
    EXPECT_EQ(tried[n].configuration, expected[n].configuration);
  }
}

SourceStudy MakeSource(const Function& function, uint64_t seed) {
  SourceStudy source{.name = "source"};
  RandomStream stream(seed);
  for (int r = 0; r < 150; ++r) {
    std::vector<int32_t> x(10);
    for (int32_t& level : x) {
      level = static_cast<int32_t>(stream.UniformInt(0, 5));
    }
    source.values.push_back(function(x));
    source.configurations.push_back({std::move(x)});
  }
  return source;
}

TEST(StructuredStrategy, SourcesOfTheSameKindGiveAGoodStart) {
  StructuredStrategy strategy(MakeSpace(10, 6), 1);
  ASSERT_TRUE(strategy.MetaLearn(std::vector<SourceStudy>{
      MakeSource([](const auto& x) { return 5 + 0.1 * Bumps(x); }, 1),
      MakeSource([](const auto& x) { return 1e6 * Bumps(x); }, 2)}));
  EXPECT_GE(BestOf(RunStudy(strategy, Bumps, 2)), 2);
}

TEST(StructuredStrategy, ContraryAndEmptySourcesDoNoHarm) {
  StructuredStrategy strategy(MakeSpace(10, 6), 1);
  ASSERT_TRUE(strategy.MetaLearn(std::vector<SourceStudy>{
      MakeSource([](const auto& x) { return -Bumps(x); }, 1),
      SourceStudy{.name = "empty"}}));
  StructuredStrategy without(MakeSpace(10, 6), 1);
  EXPECT_GE(BestOf(RunStudy(strategy, Bumps, 60)),
            BestOf(RunStudy(without, Bumps, 60)) - 1);
}

// Ten layers, and sources of fourteen whose best level falls with depth.
class StructuredStrategyWithOtherSizes : public ::testing::Test {
 protected:
  static double Falling(const std::vector<int32_t>& x) {
    double sum = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double best =
          5 - 5.0 * static_cast<double>(i) / static_cast<double>(x.size() - 1);
      sum -= (x[i] - best) * (x[i] - best);
    }
    return sum;
  }

  static std::vector<Parameter> Layers(int count) {
    std::vector<Parameter> layers;
    for (int i = 0; i < count; ++i) {
      layers.push_back({.name = "layer " + std::to_string(i),
                        .choices = {1, 2, 3, 4, 5, 6},
                        .descriptors = {{"depth", i / (count - 1.0)}}});
    }
    return layers;
  }

  static SourceStudy Source(double factor, uint64_t seed) {
    SourceStudy source{.name = "larger",
                       .configurations = {},
                       .values = {},
                       .parameters = Layers(14)};
    RandomStream stream(seed);
    for (int r = 0; r < 60; ++r) {
      std::vector<int32_t> x(14);
      for (int32_t& level : x) {
        level = static_cast<int32_t>(stream.UniformInt(0, 5));
      }
      source.values.push_back(factor * Falling(x));
      source.configurations.push_back({std::move(x)});
    }
    return source;
  }

  static double BestAfter(int count, std::vector<SourceStudy> sources) {
    StructuredStrategy strategy(SearchSpace::Create(Layers(10)).value(), 1);
    EXPECT_TRUE(strategy.MetaLearn(sources));
    return BestOf(RunStudy(strategy, Falling, count));
  }
};

// The best of 10 random ones is at about -60, the best of all at -1.1.
TEST_F(StructuredStrategyWithOtherSizes, LikeOnesGiveAGoodStart) {
  EXPECT_GE(BestAfter(1, {Source(1, 1), Source(1e6, 2)}), -10);
}

TEST_F(StructuredStrategyWithOtherSizes, ContraryOnesDoNoHarm) {
  EXPECT_GE(BestAfter(60, {Source(-1, 1), Source(-1, 2)}),
            BestAfter(60, {}) - 1);
}

TEST_F(StructuredStrategyWithOtherSizes, WhatCannotBeCarriedOverIsNamed) {
  StructuredStrategy strategy(SearchSpace::Create(Layers(10)).value(), 1);
  SourceStudy source = Source(1, 1);
  for (Parameter& p : source.parameters) p.kind = ParameterKind::kCategorical;
  const Status status = strategy.MetaLearn(std::span(&source, 1));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace rankadaptor::internal
