#include "search/space_relation.h"

#include <cmath>

#include <gmock/gmock.h>

namespace rankadaptor::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Layers with their relative depth.
std::vector<Parameter> Layers(int count, std::vector<double> choices = {2, 4}) {
  std::vector<Parameter> layers;
  for (int i = 0; i < count; ++i) {
    layers.push_back({.name = "layer " + std::to_string(i),
                      .choices = choices,
                      .descriptors = {{"depth", i / (count - 1.0)}}});
  }
  return layers;
}

SearchSpace Space(std::vector<Parameter> parameters) {
  return SearchSpace::Create(std::move(parameters)).value();
}

std::string ErrorOf(std::vector<Parameter> there, std::vector<Parameter> here) {
  auto relation = Relate(Space(std::move(there)), Space(std::move(here)));
  return relation ? "" : relation.error().message;
}

TEST(Relate, LayersOfAnotherSizeMeetAtTheirRelativeDepth) {
  const auto relation = Relate(Space(Layers(9)), Space(Layers(5))).value();
  ASSERT_EQ(relation.links.size(), 5u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(relation.Closest(i), 2 * i);
    EXPECT_NEAR(relation.links[i][2 * i].distance, 0, 1e-12);
    // A neighbour there is one unit away.
    EXPECT_NEAR(relation.links[i][i == 0 ? 1 : 2 * i - 1].distance, 1, 1e-9);
  }
}

TEST(Relate, FrozenParametersTakeNoPart) {
  std::vector<Parameter> there = Layers(9);
  there[4].choices = {2};
  std::vector<Parameter> here = Layers(5);
  here[0].choices = {4};
  const auto relation = Relate(Space(there), Space(here)).value();
  ASSERT_EQ(relation.links.size(), 4u);
  EXPECT_EQ(relation.links[0].size(), 8u);
}

TEST(Relate, ParametersOfOneSortAreComparedWithEachOther) {
  auto two_a_layer = [](int layers) {
    std::vector<Parameter> parameters;
    for (int i = 0; i < layers; ++i) {
      for (const char* part : {" attention", " mlp"}) {
        parameters.push_back({.name = "layer " + std::to_string(i) + part,
                              .choices = {1, 2},
                              .descriptors = {{"depth", i / (layers - 1.0)}}});
      }
    }
    return parameters;
  };
  const auto relation =
      Relate(Space(two_a_layer(5)), Space(two_a_layer(3))).value();
  EXPECT_EQ(relation.Closest(2), 4);  // layer 1 attention: layer 2 attention
  EXPECT_EQ(relation.Closest(3), 5);
}

TEST(Relate, WithoutDescriptorsNamesDecide) {
  const auto relation =
      Relate(Space({{"a", {1, 2}}, {"b", {1, 2}}, {"c", {1, 2}}}),
             Space({{"c", {1, 2}}, {"a", {1, 2}}}))
          .value();
  EXPECT_EQ(relation.Closest(0), 2);
  EXPECT_EQ(relation.Closest(1), 0);
}

TEST(Relate, ValuesBetweenThoseThereAreInterpolated) {
  const auto relation =
      Relate(Space(Layers(3, {2, 4, 8})), Space(Layers(3, {1, 4, 5, 16})))
          .value();
  EXPECT_THAT(relation.links[0][0].levels,
              ElementsAre(1, 0, 0, 0, 1, 0, 0, 0.75, 0.25, 0, 0, 1));
}

TEST(Relate, CategoriesMeetByLabel) {
  const auto relation =
      Relate(Space({CategoricalParameter("norm", {"rms", "batch", "none"})}),
             Space({CategoricalParameter("norm", {"none", "layer", "rms"})}))
          .value();
  EXPECT_THAT(relation.links[0][0].levels,
              ElementsAre(0, 0, 1, 0, 0, 0, 1, 0, 0));
}

TEST(Relate, WhatCannotBeRelatedIsNamed) {
  EXPECT_THAT(ErrorOf({{"a", {1, 2}}}, {{"b", {1, 2}}}),
              HasSubstr("no descriptor in common and other names"));
  EXPECT_THAT(ErrorOf({{"a", {1}}}, {{"a", {1, 2}}}),
              HasSubstr("nothing to choose"));
  EXPECT_THAT(ErrorOf(Layers(4, {100, 200}), Layers(3)),
              HasSubstr("is like 'layer 0': of the same type"));
  EXPECT_THAT(ErrorOf({CategoricalParameter("a", {"x", "y"})}, {{"a", {1, 2}}}),
              HasSubstr("is like 'a'"));
}

TEST(Relate, DescriptorsOfAnySizeAndKindAreTaken) {
  for (double size : {0.0, 1e-300, 1e300}) {
    std::vector<Parameter> there = Layers(6);
    std::vector<Parameter> here = Layers(4);
    for (Parameter& p : there) p.descriptors.push_back({"size", size});
    for (Parameter& p : here) p.descriptors.push_back({"size", -size});
    const auto relation = Relate(Space(there), Space(here)).value();
    EXPECT_EQ(relation.Closest(0), 0);
    EXPECT_EQ(relation.Closest(3), 5);
    for (const auto& link : relation.links[1]) {
      EXPECT_TRUE(std::isfinite(link.distance));
    }
  }
}

TEST(InSpace, AConfigurationTakesTheChoicesOfTheLayersAlike) {
  const SearchSpace space = Space(Layers(3));
  const SourceStudy source{.name = "larger",
                           .configurations = {{{1, 0, 0, 0, 1}}},
                           .values = {7},
                           .parameters = Layers(5)};
  const auto moved = InSpace(std::span(&source, 1), space).value();
  EXPECT_THAT(moved[0].configurations[0].choices, ElementsAre(1, 0, 1));
  EXPECT_THAT(moved[0].values, ElementsAre(7));
}

TEST(InSpace, WhatHasNoLikeIsLeftOut) {
  const SearchSpace space =
      Space({CategoricalParameter("norm", {"rms", "layer"})});
  const SourceStudy source{
      .name = "other",
      .configurations = {{{0}}, {{1}}},
      .values = {1, 2},
      .parameters = {CategoricalParameter("norm", {"batch", "rms"})}};
  const auto moved = InSpace(std::span(&source, 1), space).value();
  EXPECT_THAT(moved[0].configurations, ElementsAre(Configuration{{0}}));
  EXPECT_THAT(moved[0].values, ElementsAre(2));
}

TEST(CheckSources, NamesTheSource) {
  const SearchSpace space = Space(Layers(3));
  auto message = [&](const SourceStudy& wrong) {
    const std::vector<SourceStudy> sources = {{.name = "right"}, wrong};
    const Status status = CheckSources(sources, space);
    return status ? "" : status.error().message;
  };
  EXPECT_THAT(message({"", {{{0, 0, 0, 9, 0}}}, {1}, Layers(5)}),
              HasSubstr("source 1: configuration 0"));
  EXPECT_THAT(message({"", {}, {}, {{"a", {2, 1}}}}),
              HasSubstr("source 1: parameter 'a'"));
  EXPECT_THAT(message({"", {}, {}, {{"a", {1, 2}}}}),
              HasSubstr("source 1: its 1 parameters and the 3"));
  EXPECT_THAT(message({"", {{{0, 0, 0, 1, 0}}}, {1}, Layers(5)}), IsEmpty());
}

}  // namespace
}  // namespace rankadaptor::internal
