#include "rankadaptor/search/search_space.h"

#include <cmath>

#include <gmock/gmock.h>

namespace rankadaptor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Parameter> MakeParameters(int count) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < count; ++i) {
    parameters.push_back({"p" + std::to_string(i), {0, 1, 2}});
  }
  return parameters;
}

SearchSpace Ranks() {
  LinearConstraint budget{"parameters", {{2, 4, 8}, {8}, {2, 4, 8}}, 18};
  return SearchSpace::Create({{"a", {2, 4, 8}}, {"b", {8}}, {"c", {2, 4, 8}}},
                             {budget})
      .value();
}

TEST(SearchSpace, ParametersWithOneChoiceAreFrozen) {
  EXPECT_THAT(Ranks().free_parameters(), ElementsAre(0, 2));
}

TEST(SearchSpace, ValuesAndChoicesAreInverse) {
  SearchSpace space = Ranks();
  Configuration x = space.FromValues({4, 8, 2}).value();
  EXPECT_THAT(x.choices, ElementsAre(1, 0, 0));
  EXPECT_THAT(space.Values(x), ElementsAre(4, 8, 2));
}

TEST(SearchSpace, ValueOutsideTheChoicesIsNamed) {
  auto result = Ranks().FromValues({4, 8, 7});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message,
              HasSubstr("'c' = 7 is not one of {2,4,8}"));
}

TEST(SearchSpace, BudgetIsKeptExactly) {
  SearchSpace space = Ranks();
  EXPECT_TRUE(space.Validate({{2, 0, 0}}));   // 8 + 8 + 2 = 18
  EXPECT_FALSE(space.Validate({{2, 0, 1}}));  // 20
}

TEST(SearchSpace, ALimitHasNoTolerance) {
  auto space =
      SearchSpace::Create({{"a", {1, 2}}}, {{"p", {{0.3, 0.1 + 0.2}}, 0.3}});
  EXPECT_TRUE(space->KeepsConstraints({{0}}));
  EXPECT_FALSE(space->KeepsConstraints({{1}}));  // 0.30000000000000004
}

TEST(SearchSpace, NegativeWeightsMakeALimitALeast) {
  auto space = SearchSpace::Create(
      {{"a", {1, 2}}, {"b", {1, 2}}},
      {{"", {{1, 2}, {1, 2}}, 3}, {"", {{-1, -2}, {-1, -2}}, -3}});
  EXPECT_FALSE(space->Validate({{0, 0}}));
  EXPECT_TRUE(space->Validate({{0, 1}}));
  EXPECT_FALSE(space->Validate({{1, 1}}));
  EXPECT_TRUE(space->Validate(space->feasible_configuration()));
}

TEST(SearchSpace, ConstraintsThatContradictEachOtherAreRefused) {
  // Each alone can be kept.
  const std::vector<Parameter> parameters(MakeParameters(30));
  auto sum = [](double sign, double limit) {
    return LinearConstraint{
        "", std::vector(30, std::vector{0.0, sign, 2 * sign}), limit};
  };
  EXPECT_TRUE(SearchSpace::Create(parameters, {sum(2, 60), sum(-1, -30)}));
  auto refused = SearchSpace::Create(parameters, {sum(2, 60), sum(-1, -31)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("keeps all constraints"));
}

// The linear relaxation can be kept, whole numbers cannot: a sum of even
// numbers that is odd.
TEST(SearchSpace, WhatOnlyFractionsCouldKeepIsRefused) {
  auto sum = [](double sign) {
    return LinearConstraint{
        "", std::vector(12, std::vector{0.0, 2 * sign, 4 * sign}), 23 * sign};
  };
  EXPECT_FALSE(SearchSpace::Create(MakeParameters(12), {sum(1), sum(-1)}));
}

// One feasible configuration among 3^40.
TEST(SearchSpace, TheOnlyFeasibleConfigurationIsFound) {
  std::vector<LinearConstraint> constraints(2);
  std::vector<int32_t> only;
  for (int i = 0; i < 40; ++i) {
    only.push_back(i * i % 3);
    for (double sign : {1.0, -1.0}) {
      std::vector<double> weights = {0, 0, 0};
      for (int c = 0; c < 3; ++c) weights[c] = sign * std::abs(c - only[i]);
      constraints[sign > 0 ? 0 : 1].weights.push_back(weights);
    }
  }
  auto space = SearchSpace::Create(MakeParameters(40), constraints);
  ASSERT_TRUE(space);
  EXPECT_EQ(space->feasible_configuration().choices, only);
}

TEST(SearchSpace, WrongWeightsAreNamed) {
  auto message = [](LinearConstraint constraint) {
    return SearchSpace::Create({{"a", {1, 2}}}, {{"", {{0, 0}}, 1}, constraint})
        .error()
        .message;
  };
  EXPECT_THAT(message({"bits", {{1}}, 1}),
              HasSubstr("constraint 1 (bits): the weights for 'a' are {1}"));
  EXPECT_THAT(message({"", {{1, NAN}}, 1}), HasSubstr("are {1,nan}"));
  EXPECT_THAT(message({"", {}, 1}), HasSubstr("weights for 0 parameters"));
  EXPECT_THAT(message({"", {{1, 2}}, NAN}), HasSubstr("limit of nan"));
}

// The size of an adapter: rank 1 to 3 times kept width 10 or 20, and a layer
// that costs by itself.
LinearConstraint AdapterSize(double limit) {
  return {"size",
          {{0, 0, 0}, {1, 2}, {0, 0}},
          limit,
          {{{0, 2}, {10, 20, 20, 40, 30, 60}}}};
}

std::vector<Parameter> AdapterParameters() {
  return {{"rank", {1, 2, 3}}, {"other", {1, 2}}, {"width", {10, 20}}};
}

TEST(SearchSpace, AWeightMayDependOnSeveralChoicesTogether) {
  auto space =
      SearchSpace::Create(AdapterParameters(), {AdapterSize(41)}).value();
  const LinearConstraint& size = space.constraints()[0];
  EXPECT_EQ(size.Cost(Configuration{{1, 0, 1}}), 41);
  EXPECT_EQ(size.Cost(Configuration{{2, 1, 0}}), 32);
  EXPECT_TRUE(space.KeepsConstraints({{1, 0, 1}}));
  EXPECT_FALSE(space.KeepsConstraints({{1, 1, 1}}));
  EXPECT_FALSE(space.KeepsConstraints({{2, 0, 1}}));
  EXPECT_EQ(space.blocks(), (std::vector<std::vector<int>>{{0, 2}, {1}}));
}

TEST(SearchSpace, CostChangesFollowTablesAndWeights) {
  auto space =
      SearchSpace::Create(AdapterParameters(), {AdapterSize(99)}).value();
  const LinearConstraint& size = space.constraints()[0];
  const Configuration from{{2, 1, 0}};
  for (int p = 0; p < 3; ++p) {
    const auto num_choices =
        static_cast<int32_t>(space.parameter(p).choices.size());
    for (int32_t choice = 0; choice < num_choices; ++choice) {
      Configuration to = from;
      to.choices[p] = choice;
      EXPECT_EQ(space.CostChange(0, from.choices, p, choice),
                size.Cost(to) - size.Cost(from));
    }
  }
}

TEST(SearchSpace, TablesAloneNeedNoWeights) {
  LinearConstraint size = AdapterSize(20);
  size.weights.clear();
  auto space = SearchSpace::Create(AdapterParameters(), {size}).value();
  EXPECT_EQ(space.constraints()[0].Cost(space.feasible_configuration()), 10);
  EXPECT_FALSE(space.KeepsConstraints({{1, 1, 1}}));
}

TEST(SearchSpace, WrongTablesAreNamed) {
  auto message = [](WeightTable table, double limit = 41) {
    LinearConstraint size = AdapterSize(limit);
    size.tables.push_back(std::move(table));
    auto space = SearchSpace::Create(AdapterParameters(), {size});
    return space ? "" : space.error().message;
  };
  EXPECT_THAT(message({{1, 2}, {1, 2, 3}}),
              HasSubstr("constraint 0 (size): table 1: has 3 weights; 'other', "
                        "'width' have 4 combinations"));
  EXPECT_THAT(message({{2, 1}, {1, 2, 3, 4}}), HasSubstr("ascending"));
  EXPECT_THAT(message({{1, 3}, {1, 2, 3, 4}}), HasSubstr("indices below 3"));
  EXPECT_THAT(message({{1}, {1, NAN}}), HasSubstr("not finite"));
  EXPECT_THAT(message({{1}, {40, 40}}), HasSubstr("limit of 41"));
  EXPECT_EQ(message({{1}, {1, 1}}), "");
}

TEST(SearchSpace, TablesMayNotTieTooMuchTogether) {
  LinearConstraint chain{"", {}, 100};
  for (int i = 0; i + 1 < 20; ++i) {
    chain.tables.push_back({{i, i + 1}, std::vector(9, 1.0)});
  }
  auto space = SearchSpace::Create(MakeParameters(20), {chain});
  ASSERT_FALSE(space);
  EXPECT_THAT(space.error().message, HasSubstr("more than 65536"));
}

TEST(SearchSpace, DescriptorsAreFiniteAndNamedOnce) {
  auto described = [](std::vector<Descriptor> descriptors) {
    return SearchSpace::Create(
        {{.name = "a", .choices = {1, 2}, .descriptors = descriptors}});
  };
  EXPECT_TRUE(described({{"depth", 0.5}, {"importance", 3}}));
  EXPECT_THAT(described({{"depth", NAN}}).error().message,
              HasSubstr("descriptor 'depth' of parameter 'a'"));
  EXPECT_FALSE(described({{"depth", 1}, {"depth", 2}}));
  EXPECT_EQ(described({{"depth", 1}})->Fingerprint(),
            described({})->Fingerprint());
}

TEST(SearchSpace, CategoricalChoicesAreDifferentAndMayHaveNames) {
  auto categorical = [](std::vector<double> choices,
                        std::vector<std::string> labels) {
    return SearchSpace::Create(
        {{"a", choices, ParameterKind::kCategorical, labels}});
  };
  EXPECT_TRUE(categorical({3, 1, 2}, {}));
  EXPECT_TRUE(categorical({3, 1}, {"x", "y"}));
  EXPECT_FALSE(categorical({3, 3}, {}));
  EXPECT_FALSE(categorical({3, 1}, {"x"}));
  EXPECT_FALSE(categorical({3, 1}, {"x", "x"}));
  EXPECT_FALSE(SearchSpace::Create(
      {{"a", {1, 2}, ParameterKind::kOrdinal, {"x", "y"}}}));
}

TEST(SearchSpace, RefusesUnsortedChoicesAndImpossibleBudgets) {
  EXPECT_FALSE(SearchSpace::Create({{"a", {4, 2}}}));
  EXPECT_FALSE(SearchSpace::Create({{"a", {}}}));
  EXPECT_FALSE(SearchSpace::Create({}));
  EXPECT_FALSE(SearchSpace::Create({{"a", {1}}, {"a", {1}}}));
  EXPECT_FALSE(SearchSpace::Create({{"a", {1, 2}}}, {{"p", {{3, 4}}, 2}}));
  EXPECT_FALSE(SearchSpace::Create({{"a", {1, 2}}}, {{"p", {{3}}, 9}}));
}

TEST(SearchSpace, FingerprintSeesChoicesAndBudget) {
  auto a = SearchSpace::Create({{"a", {1, 2}}}).value();
  auto b = SearchSpace::Create({{"a", {1, 3}}}).value();
  auto c = SearchSpace::Create({{"a", {1, 2}}}, {{"p", {{1, 2}}, 9}}).value();
  EXPECT_NE(a.Fingerprint(), b.Fingerprint());
  EXPECT_NE(a.Fingerprint(), c.Fingerprint());
  auto d = SearchSpace::Create({{"a", {1, 2}, ParameterKind::kCategorical}});
  EXPECT_NE(a.Fingerprint(), d->Fingerprint());
  EXPECT_EQ(a.Fingerprint(),
            SearchSpace::Create({{"a", {1, 2}}}).value().Fingerprint());
}

}  // namespace
}  // namespace rankadaptor
