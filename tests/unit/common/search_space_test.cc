#include "rankadaptor/search/search_space.h"

#include <gmock/gmock.h>

namespace rankadaptor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SearchSpace Ranks() {
  Budget budget{"parameters", {{2, 4, 8}, {8}, {2, 4, 8}}, 18};
  return SearchSpace::Create({{"a", {2, 4, 8}}, {"b", {8}}, {"c", {2, 4, 8}}},
                             budget)
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

TEST(SearchSpace, RefusesUnsortedChoicesAndImpossibleBudgets) {
  EXPECT_FALSE(SearchSpace::Create({{"a", {4, 2}}}));
  EXPECT_FALSE(SearchSpace::Create({{"a", {}}}));
  EXPECT_FALSE(SearchSpace::Create({}));
  EXPECT_FALSE(SearchSpace::Create({{"a", {1}}, {"a", {1}}}));
  EXPECT_FALSE(SearchSpace::Create({{"a", {1, 2}}}, Budget{"p", {{3, 4}}, 2}));
  EXPECT_FALSE(SearchSpace::Create({{"a", {1, 2}}}, Budget{"p", {{3}}, 9}));
}

TEST(SearchSpace, FingerprintSeesChoicesAndBudget) {
  auto a = SearchSpace::Create({{"a", {1, 2}}}).value();
  auto b = SearchSpace::Create({{"a", {1, 3}}}).value();
  auto c =
      SearchSpace::Create({{"a", {1, 2}}}, Budget{"p", {{1, 2}}, 9}).value();
  EXPECT_NE(a.Fingerprint(), b.Fingerprint());
  EXPECT_NE(a.Fingerprint(), c.Fingerprint());
  EXPECT_EQ(a.Fingerprint(),
            SearchSpace::Create({{"a", {1, 2}}}).value().Fingerprint());
}

}  // namespace
}  // namespace rankadaptor
