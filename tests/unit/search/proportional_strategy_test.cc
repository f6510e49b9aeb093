#include "search/strategies/proportional_strategy.h"

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

using ::rankadaptor::testing::MakeSpace;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Ranks 1 to 8 in each of three layers; the ranks may sum to `limit`.
SearchSpace RankSpace(double limit) {
  const std::vector<double> ranks = {1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<Parameter> parameters;
  LinearConstraint budget{.unit = "ranks", .weights = {}, .limit = limit};
  for (const char* name : {"a", "b", "c"}) {
    parameters.push_back({.name = name, .choices = ranks});
    budget.weights.push_back(ranks);
  }
  return SearchSpace::Create(std::move(parameters), {std::move(budget)})
      .value();
}

std::vector<double> Proportional(const SearchSpace& space,
                                 const std::vector<double>& weights) {
  return space.Values(ProportionalConfiguration(space, weights));
}

TEST(ProportionalStrategy, RanksFollowTheWeights) {
  EXPECT_THAT(Proportional(RankSpace(12), {1, 2, 3}), ElementsAre(2, 4, 6));
  EXPECT_THAT(Proportional(RankSpace(12), {1, 1, 1}), ElementsAre(4, 4, 4));
}

TEST(ProportionalStrategy, WhatALayerCannotUseGoesToTheOthers) {
  EXPECT_THAT(Proportional(RankSpace(16), {1, 1, 100}), ElementsAre(4, 4, 8));
}

TEST(ProportionalStrategy, AWeightOfZeroIsNeverRaised) {
  EXPECT_THAT(Proportional(RankSpace(24), {0, 1, 1}), ElementsAre(1, 8, 8));
}

TEST(ProportionalStrategy, WithoutABudgetTheAverageIsTheMiddle) {
  const Configuration middle =
      ProportionalConfiguration(MakeSpace(4, 5), std::vector<double>(4, 1.0));
  EXPECT_THAT(middle.choices, ElementsAre(2, 2, 2, 2));
}

TEST(ProportionalStrategy, ItsVectorComesFirstAndOnce) {
  const SearchSpace space = RankSpace(12);
  StrategyOptions options;
  options.proportional_weights = {1, 2, 3};
  auto strategy = ProportionalStrategy::Create(space, options).value();
  const auto first = strategy->Suggest(1).value();
  EXPECT_THAT(space.Values(first[0].configuration), ElementsAre(2, 4, 6));
  const auto others = strategy->Suggest(20).value();
  for (const Suggestion& s : others) {
    EXPECT_NE(s.configuration, first[0].configuration);
  }
}

TEST(ProportionalStrategy, UnusableWeightsAreRefused) {
  const SearchSpace space = MakeSpace(2, 3);
  auto message = [&](std::vector<double> weights) {
    StrategyOptions options;
    options.proportional_weights = std::move(weights);
    auto strategy = ProportionalStrategy::Create(space, options);
    return strategy ? std::string() : strategy.error().message;
  };
  EXPECT_THAT(message({1}), HasSubstr("has 1 numbers"));
  EXPECT_THAT(message({1, -2}), HasSubstr("proportional_weights[1] = -2"));
  EXPECT_THAT(message({0, 0}), HasSubstr("all 0"));
  EXPECT_EQ(message({0, 1}), "");
}

}  // namespace
}  // namespace rankadaptor::internal
