#include "rankadaptor/llama/rank_space.h"

#include <cmath>

#include <gmock/gmock.h>

#include "rankadaptor/llama/adapter.h"

namespace rankadaptor::llama {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Four layers, the middle two pruned.
LlamaConfig Dense() {
  LlamaConfig config;
  config.vocab_size = 32;
  config.hidden_size = 16;
  config.head_dim = 4;
  config.layers.assign(4, {4, 2, 24});
  return config;
}
LlamaConfig Pruned() {
  LlamaConfig config = Dense();
  config.layers[1] = {2, 1, 24};
  config.layers[2] = {4, 2, 12};
  return config;
}

TEST(RankSpace, PrunedLayersAreThoseOfAnotherShape) {
  EXPECT_THAT(PrunedLayers(Dense(), Pruned()), ElementsAre(1, 2));
  EXPECT_THAT(PrunedLayers(Dense(), Dense()), IsEmpty());
}

TEST(RankSpace, DescribesItsLayers) {
  SearchSpace space =
      MakeRankSpace(Pruned(), {.searched_layers = {1, 2}, .dense = Dense()})
          .value();
  // Of 16*16*2 + 8*16*2 attention and 3*24*16 MLP weights half of the latter.
  const double dense = 768 + 1152;
  const std::vector<Descriptor>& pruned = space.parameter(2).descriptors;
  ASSERT_EQ(pruned.size(), 3);
  EXPECT_EQ(pruned[0], (Descriptor{"relative depth", 2 / 3.0}));
  EXPECT_EQ(pruned[1].name, "log parameters");
  EXPECT_DOUBLE_EQ(pruned[1].value, std::log(dense - 576));
  EXPECT_EQ(pruned[2].name, "pruned fraction");
  EXPECT_DOUBLE_EQ(pruned[2].value, 576 / dense);
  EXPECT_EQ(space.parameter(0).descriptors[2].value, 0);
  EXPECT_EQ(MakeRankSpace(Pruned(), {})->parameter(0).descriptors.size(), 2);
}

TEST(RankSpace, LayersThatAreNotSearchedKeepTheFrozenRank) {
  SearchSpace space =
      MakeRankSpace(Pruned(), {.searched_layers = {1, 2}}).value();
  EXPECT_THAT(space.free_parameters(), ElementsAre(1, 2));
  Configuration x = space.FromValues({8, 2, 12, 8}).value();
  EXPECT_THAT(RanksOf(space, x), ElementsAre(8, 2, 12, 8));
}

TEST(RankSpace, BudgetCountsRealWidths) {
  LlamaConfig config = Pruned();
  int64_t uniform_8 = NumAdapterParameters(config, {8, 8, 8, 8});
  SearchSpace space = MakeRankSpace(config,
                                    {.searched_layers = {1, 2},
                                     .max_adapter_parameters = uniform_8})
                          .value();
  Configuration x = space.FromValues({8, 12, 4, 8}).value();
  EXPECT_EQ(space.constraints()[0].Cost(x),
            static_cast<double>(NumAdapterParameters(config, {8, 12, 4, 8})));
  EXPECT_TRUE(space.Validate(space.FromValues({8, 8, 8, 8}).value()));
  EXPECT_FALSE(space.Validate(space.FromValues({8, 12, 12, 8}).value()));
}

TEST(RankSpace, ClassesOfModulesHaveRanksOfTheirOwn) {
  const LlamaConfig config = Pruned();
  const SearchSpace space =
      MakeRankSpace(config,
                    {.granularity = RankGranularity::kModuleClass,
                     .searched_layers = {1, 2},
                     .max_adapter_parameters = 100000})
          .value();
  ASSERT_EQ(space.num_parameters(), 8);
  EXPECT_EQ(space.parameter(2).name, "layer 1 attention");
  EXPECT_EQ(space.parameter(5).name, "layer 2 mlp");
  EXPECT_THAT(space.free_parameters(), ElementsAre(2, 3, 4, 5));
  const Configuration x = space.FromValues({8, 8, 2, 12, 4, 6, 8, 8}).value();
  const ModuleRanks ranks = ModuleRanksOf(space, x, 4);
  EXPECT_THAT(ranks[1], ElementsAre(2, 2, 2, 2, 12, 12, 12));
  EXPECT_THAT(ranks[2], ElementsAre(4, 4, 4, 4, 6, 6, 6));
  EXPECT_EQ(space.constraints()[0].Cost(x),
            static_cast<double>(NumParametersOf(config, ranks)));
}

TEST(RankSpace, ProjectionsHaveRanksOfTheirOwn) {
  const LlamaConfig config = Pruned();
  const SearchSpace space =
      MakeRankSpace(config,
                    {.granularity = RankGranularity::kProjection,
                     .searched_layers = {2},
                     .max_adapter_parameters = 100000})
          .value();
  ASSERT_EQ(space.num_parameters(), 28);
  EXPECT_EQ(space.parameter(20).name, "layer 2 down_proj");
  std::vector<double> values(28, 8);
  for (int p = 0; p < 6; ++p) values[14 + p] = 2 * (p + 1);
  values[20] = 2;
  const Configuration x = space.FromValues(values).value();
  const ModuleRanks ranks = ModuleRanksOf(space, x, 4);
  EXPECT_THAT(ranks[2], ElementsAre(2, 4, 6, 8, 10, 12, 2));
  EXPECT_THAT(ranks[3], ElementsAre(8, 8, 8, 8, 8, 8, 8));
  EXPECT_EQ(space.constraints()[0].Cost(x),
            static_cast<double>(NumParametersOf(config, ranks)));
  EXPECT_FALSE(GranularityOf(27, 4));
}

TEST(RankSpace, BadOptionsAreNamed) {
  EXPECT_THAT(MakeRankSpace(Dense(), {.searched_layers = {4}}).error().message,
              HasSubstr("layer 4 is not below the model's 4"));
  EXPECT_THAT(
      MakeRankSpace(Dense(), {.candidates = {8, 2}, .searched_layers = {1}})
          .error()
          .message,
      HasSubstr("strictly ascending"));
  EXPECT_FALSE(MakeRankSpace(Dense(), {.frozen_rank = -1}));
  EXPECT_FALSE(MakeRankSpace(
      Dense(), {.searched_layers = {1}, .max_adapter_parameters = 10}));
}

}  // namespace
}  // namespace rankadaptor::llama
