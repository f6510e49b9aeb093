#include "search/strategies/mlp_strategy.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using ::rankadaptor::testing::MakeBudgetSpace;
using ::rankadaptor::testing::MakeSpace;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Objective = std::function<double(const Configuration&)>;

// The objectives in trial order; an objective of NaN fails.
std::vector<double> Search(MlpStrategy& strategy,
                           const Objective& objective,
                           int num_trials) {
  std::vector<double> seen;
  for (int id = 0; id < num_trials; ++id) {
    const auto suggestions = strategy.Suggest(1).value();
    if (suggestions.empty()) break;
    const double value = objective(suggestions[0].configuration);
    Trial trial = rankadaptor::testing::MakeTrial(
        id, suggestions[0].configuration.choices, value);
    if (std::isnan(value)) trial.state = TrialState::kFailed;
    EXPECT_TRUE(strategy.Observe(std::span(&trial, 1)));
    seen.push_back(value);
  }
  return seen;
}

// Neighbours should be at opposite ends of their scales: 43.75 at best.
double Zigzag(const Configuration& configuration) {
  const auto& x = configuration.choices;
  double value = 0;
  for (size_t i = 0; i + 1 < x.size(); ++i) {
    value -= (x[i] - 2.5) * (x[i + 1] - 2.5);
  }
  return value;
}

TEST(MlpStrategy, FindsTheBestOfAnInteractingFunction) {
  MlpStrategy strategy(MakeSpace(8, 6), 1);
  EXPECT_GE(std::ranges::max(Search(strategy, Zigzag, 60)), 40);
}

TEST(MlpStrategy, UsesUpABindingBudget) {
  const SearchSpace space = MakeBudgetSpace(10, 6, 20);
  MlpStrategy strategy(space, 1);
  // The first half is worth three times as much.
  auto seen = Search(
      strategy,
      [](const Configuration& x) {
        double value = 0;
        for (size_t i = 0; i < 10; ++i) value += (i < 5 ? 3 : 1) * x.choices[i];
        return value;
      },
      40);
  EXPECT_GE(std::ranges::max(seen), 58);  // the best is 60
}

TEST(MlpStrategy, StartsAtThePeaksOfItsSources) {
  const SearchSpace space = MakeSpace(8, 6);
  SourceStudy source{.name = "other"};
  MlpStrategy explorer(space, 9);
  auto sum = [](const Configuration& x) {
    double value = 0;
    for (int32_t choice : x.choices) value += choice;
    return value;
  };
  Search(
      explorer,
      [&](const Configuration& x) {
        source.configurations.push_back(x);
        source.values.push_back(100 + sum(x));
        return sum(x);
      },
      40);
  MlpStrategy strategy(space, 1);
  ASSERT_TRUE(strategy.MetaLearn(std::span(&source, 1)));
  EXPECT_GE(Search(strategy, sum, 1)[0], 38);  // the best is 40
}

TEST(MlpStrategy, GoesOnWithScoresOfAnySizeOrNone) {
  const Objective objectives[] = {
      [](const Configuration&) { return 3.0; },
      [](const Configuration& x) { return 1e-300 * x.choices[0]; },
      [](const Configuration& x) { return 1e300 * (x.choices[0] - 2); },
      [](const Configuration&) { return std::nan(""); }};
  for (const Objective& objective : objectives) {
    MlpStrategy strategy(MakeSpace(4, 5), 1);
    EXPECT_THAT(Search(strategy, objective, 15), SizeIs(15));
  }
}

TEST(MlpStrategy, ExhaustsASpaceAndStops) {
  MlpStrategy strategy(MakeSpace(2, 3), 1);
  auto sum = [](const Configuration& x) {
    return 1.0 * x.choices[0] + x.choices[1];
  };
  EXPECT_THAT(Search(strategy, sum, 20), SizeIs(9));
  EXPECT_THAT(strategy.Suggest(1).value(), IsEmpty());
}

TEST(MlpStrategy, PredictsWhatItSuggests) {
  MlpStrategy strategy(MakeSpace(5, 6), 1);
  auto steep = [](const Configuration& x) {
    return 1000.0 + 10 * x.choices[2];
  };
  Search(strategy, steep, 25);
  const auto suggestion = strategy.Suggest(1).value().at(0);
  ASSERT_TRUE(suggestion.predicted);
  EXPECT_NEAR(*suggestion.predicted, steep(suggestion.configuration), 8);
}

TEST(MlpStrategy, HandlesManyDimensions) {
  MlpStrategy strategy(MakeSpace(512, 6), 1);
  auto first = [](const Configuration& x) { return 1.0 * x.choices[0]; };
  EXPECT_THAT(Search(strategy, first, 12), SizeIs(12));
}

}  // namespace
}  // namespace rankadaptor::internal
