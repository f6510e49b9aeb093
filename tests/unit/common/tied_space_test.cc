#include "rankadaptor/search/tied_space.h"

#include <gmock/gmock.h>

namespace rankadaptor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Ranks of four layers; the second and the fourth must agree.
std::vector<Parameter> Layers() {
  std::vector<Parameter> layers;
  for (int i = 0; i < 4; ++i) {
    layers.push_back({.name = "layer " + std::to_string(i),
                      .choices = {2, 4, 8},
                      .descriptors = {{"depth", i / 4.0}}});
  }
  return layers;
}

TEST(TiedSpace, AGroupIsOneParameterInItsFirstMembersPlace) {
  auto tied = TiedSpace::Create(Layers(), {}, {{3, 1}}).value();
  EXPECT_EQ(tied.space().num_parameters(), 3);
  EXPECT_EQ(tied.space().parameter(1).name, "layer 1");
  EXPECT_THAT(tied.places(), ElementsAre(0, 1, 2, 1));
  EXPECT_THAT(tied.Values({{0, 1, 2}}), ElementsAre(2, 4, 8, 4));
  EXPECT_THAT(tied.space().parameter(1).descriptors,
              ElementsAre(Descriptor{"depth", 0.5}));
}

TEST(TiedSpace, AGroupCostsWhatItsMembersCostTogether) {
  LinearConstraint budget{"units",
                          {{1, 2, 3}, {10, 20, 30}, {0, 0, 0}, {1, 1, 5}},
                          36,
                          {{{1, 3}, {0, 9, 9, 9, 1, 9, 9, 9, 2}}}};
  auto tied = TiedSpace::Create(Layers(), {budget}, {{1, 3}}).value();
  const LinearConstraint& sum = tied.space().constraints()[0];
  EXPECT_EQ(sum.Cost(Configuration{{0, 1, 0}}), 1 + 20 + 1 + 1);
  EXPECT_EQ(sum.Cost(Configuration{{2, 2, 2}}), 3 + 30 + 5 + 2);
  EXPECT_FALSE(tied.space().KeepsConstraints({{0, 2, 0}}));
}

TEST(TiedSpace, ATableAcrossAGroupKeepsItsOtherParameters) {
  // Weight 100 a + 10 b + c of the choices of layers 0, 1 and 3.
  WeightTable table{{0, 1, 3}, {}};
  for (int i = 0; i < 27; ++i) {
    table.weights.push_back(100 * (i / 9) + 10 * (i / 3 % 3) + i % 3);
  }
  auto tied = TiedSpace::Create(Layers(), {{"", {}, 500, {table}}}, {{3, 1}});
  ASSERT_TRUE(tied);
  const LinearConstraint& cost = tied->space().constraints()[0];
  EXPECT_EQ(cost.Cost(Configuration{{2, 1, 0}}), 211);
  EXPECT_EQ(cost.Cost(Configuration{{0, 2, 1}}), 22);
}

TEST(TiedSpace, GoesFromAllChoicesToTiedOnesAndBack) {
  const TiedSpace tied = TiedSpace::Create(Layers(), {}, {{0, 2}}).value();
  const Configuration agreeing{{2, 1, 2, 0}};
  const Configuration searched{{2, 1, 0}};
  EXPECT_EQ(tied.Tied(agreeing), searched);
  EXPECT_EQ(tied.Untied(searched), agreeing);
  EXPECT_EQ(tied.Tied(Configuration{{2, 1, 1, 0}}), std::nullopt);
}

TEST(TiedSpace, WrongGroupsAreNamed) {
  auto message = [](std::vector<std::vector<int>> groups) {
    std::vector<Parameter> layers = Layers();
    layers[2].choices = {2, 4};
    return TiedSpace::Create(layers, {}, groups).error().message;
  };
  EXPECT_THAT(message({{0, 4}}), HasSubstr("parameter 4 is not below 4"));
  EXPECT_THAT(message({{0, 1}, {1, 3}}), HasSubstr("'layer 1' is tied twice"));
  EXPECT_THAT(message({{0, 2}}), HasSubstr("'layer 0' and 'layer 2' are tied"));
}

}  // namespace
}  // namespace rankadaptor
