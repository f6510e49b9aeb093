#include "search/encoder.h"

#include <gmock/gmock.h>

namespace rankadaptor::internal {
namespace {

using ::testing::ElementsAre;

std::vector<double> Encode(const SearchSpace& space,
                           std::vector<int32_t> choices) {
  Encoder encoder(space);
  std::vector<double> features(encoder.num_features());
  encoder.Encode(choices, features);
  return features;
}

TEST(Encoder, ScalesChoiceIndicesEvenlyAndLeavesFrozenParametersOut) {
  auto space = SearchSpace::Create(
      {{"a", {1, 10, 100}}, {"frozen", {8}}, {"b", {0.1, 0.2}}});
  EXPECT_THAT(Encode(*space, {0, 0, 0}), ElementsAre(-1, -1));
  EXPECT_THAT(Encode(*space, {1, 0, 1}), ElementsAre(0, 1));
}

TEST(Encoder, ACategoricalChoiceIsOneOfSeveralFeatures) {
  auto space =
      SearchSpace::Create({CategoricalParameter("norm", {"a", "b", "c"}),
                           {"b", {0.1, 0.2}},
                           CategoricalParameter("frozen", {"x"})});
  EXPECT_THAT(Encode(*space, {1, 1, 0}), ElementsAre(-1, 1, -1, 1));
}

TEST(Encoder, ASpaceOfOneHasOneConstantFeature) {
  auto space = SearchSpace::Create({{"a", {8}}, {"b", {8}}});
  EXPECT_THAT(Encode(*space, {0, 0}), ElementsAre(0));
}

}  // namespace
}  // namespace rankadaptor::internal
