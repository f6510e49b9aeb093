#include <gmock/gmock.h>

#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/sparsity.h"
#include "rankadaptor/llama/sparsity_evaluator.h"

#include "tests/support/random_model.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::SmallConfig;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

SparsitySpaceOptions Options() {
  SparsitySpaceOptions options;
  options.pruning.attention_layers = options.pruning.mlp_layers = {0, 3};
  options.ratios = {0, 0.3, 0.5, 0.75};
  return options;
}

LlamaConfig LeftBy(const SearchSpace& space,
                   const Configuration& configuration,
                   const SparsitySpaceOptions& options) {
  return PlanLayerRatios(SmallConfig(),
                         SparsityChoiceOf(space, configuration, options).ratios,
                         options.pruning)
      .value();
}

// Calls `check` with every configuration of a space.
template <typename Check>
void ForEachConfiguration(const SearchSpace& space, Check&& check) {
  Configuration x{std::vector<int32_t>(space.num_parameters(), 0)};
  while (true) {
    check(x);
    int i = 0;
    while (i < space.num_parameters() &&
           ++x.choices[i] == std::ssize(space.parameter(i).choices)) {
      x.choices[i++] = 0;
    }
    if (i == space.num_parameters()) return;
  }
}

TEST(SparsitySpace, HasARatioForEachLayer) {
  const SearchSpace space = MakeSparsitySpace(SmallConfig(), Options()).value();
  ASSERT_EQ(space.num_parameters(), 3);
  EXPECT_EQ(space.parameter(1).name, "layer 1 ratio");
  EXPECT_EQ(space.parameter(1).choices, Options().ratios);
  const SparsityChoice choice = SparsityChoiceOf(
      space, space.FromValues({0, 0.75, 0.3}).value(), Options());
  EXPECT_THAT(choice.ratios, ElementsAre(0, 0.75, 0.3));
  EXPECT_THAT(choice.ranks, Each(8));
}

TEST(SparsitySpace, HasRanksBesideRatiosWhereThereIsAChoice) {
  SparsitySpaceOptions options = Options();
  options.ranks = {2, 4};
  const SearchSpace space = MakeSparsitySpace(SmallConfig(), options).value();
  ASSERT_EQ(space.num_parameters(), 6);
  EXPECT_EQ(space.parameter(4).name, "layer 1 rank");
  const SparsityChoice choice = SparsityChoiceOf(
      space, space.FromValues({0, 0.75, 0.3, 2, 4, 2}).value(), options);
  EXPECT_THAT(choice.ratios, ElementsAre(0, 0.75, 0.3));
  EXPECT_THAT(choice.ranks, ElementsAre(2, 4, 2));
}

TEST(SparsitySpace, LayersOutOfRangeHaveNoChoice) {
  SparsitySpaceOptions options = Options();
  options.pruning.attention_layers = {1, 2};
  options.pruning.mlp_layers = {1, 3};
  options.ratios = {0.3, 0.5};
  const SearchSpace space = MakeSparsitySpace(SmallConfig(), options).value();
  EXPECT_THAT(space.parameter(0).choices, ElementsAre(0));
  EXPECT_THAT(space.free_parameters(), ElementsAre(1, 2));
}

// The budget counts what ApplyKept() would leave, to the parameter.
TEST(SparsitySpace, BudgetIsExactInParametersThatRemain) {
  const int64_t dense = NumParameters(SmallConfig());
  SparsitySpaceOptions options = Options();
  options.max_parameters = dense;
  const SearchSpace space = MakeSparsitySpace(SmallConfig(), options).value();
  ForEachConfiguration(space, [&](const Configuration& x) {
    EXPECT_EQ(space.constraints()[0].Cost(x),
              static_cast<double>(NumParameters(LeftBy(space, x, options))));
  });
}

TEST(SparsitySpace, BudgetAllowsTheUniformRatioAndNothingMore) {
  SparsitySpaceOptions options = Options();
  options.max_parameters = NumParameters(
      PlanLayerRatios(SmallConfig(), {.5, .5, .5}, options.pruning).value());
  const SearchSpace space = MakeSparsitySpace(SmallConfig(), options).value();
  ForEachConfiguration(space, [&](const Configuration& x) {
    EXPECT_EQ(
        space.KeepsConstraints(x),
        NumParameters(LeftBy(space, x, options)) <= *options.max_parameters);
  });
  EXPECT_TRUE(space.KeepsConstraints(space.FromValues({.5, .5, .5}).value()));
  EXPECT_FALSE(space.KeepsConstraints(space.FromValues({.5, .3, .5}).value()));
}

TEST(SparsitySpace, AdaptersCountByTheWidthsThatRemain) {
  SparsitySpaceOptions options = Options();
  options.ratios = {0, 0.5};
  options.ranks = {0, 2, 6};
  options.max_adapter_parameters = 1'000'000;
  options.max_parameters_with_adapter = 2'000'000;
  const SearchSpace space = MakeSparsitySpace(SmallConfig(), options).value();
  ForEachConfiguration(space, [&](const Configuration& x) {
    const LlamaConfig left = LeftBy(space, x, options);
    const int64_t adapter =
        NumAdapterParameters(left, SparsityChoiceOf(space, x, options).ranks);
    EXPECT_EQ(space.constraints()[0].Cost(x), static_cast<double>(adapter));
    EXPECT_EQ(space.constraints()[1].Cost(x),
              static_cast<double>(adapter + NumParameters(left)));
  });
}

// A column that goes takes `hidden` weights of the model and one number per
// rank of the adapter with it.
TEST(SparsitySpace, EqualModelsHaveEqualAdaptersOfOneRank) {
  const LlamaConfig dense = SmallConfig();
  const SearchSpace space = MakeSparsitySpace(dense, Options()).value();
  ForEachConfiguration(space, [&](const Configuration& x) {
    const LlamaConfig left = LeftBy(space, x, Options());
    EXPECT_EQ(NumParameters(dense) - NumParameters(left),
              dense.hidden_size * (NumAdapterParameters(dense, {1, 1, 1}) -
                                   NumAdapterParameters(left, {1, 1, 1})));
  });
}

TEST(SparsitySpace, DescribesLayersAndTellsRanksFromRatios) {
  SparsitySpaceOptions options = Options();
  options.ranks = {2, 4};
  const SearchSpace space = MakeSparsitySpace(SmallConfig(), options).value();
  const auto& ratio = space.parameter(2).descriptors;
  const auto& rank = space.parameter(5).descriptors;
  ASSERT_EQ(ratio.size(), 3u);
  EXPECT_EQ(ratio[0], (Descriptor{"relative depth", 1}));
  EXPECT_EQ(ratio[1].name, "log parameters");
  EXPECT_EQ(ratio[1], rank[1]);
  EXPECT_EQ(ratio[2], (Descriptor{"is rank", 0}));
  EXPECT_EQ(rank[2], (Descriptor{"is rank", 1}));
}

TEST(SparsitySpace, RefusesWhatIsOutOfRange) {
  const auto message = [](auto change) {
    SparsitySpaceOptions options = Options();
    change(options);
    return MakeSparsitySpace(SmallConfig(), options).error().message;
  };
  using O = SparsitySpaceOptions;
  EXPECT_THAT(message([](O& o) { o.ratios = {}; }), HasSubstr("at least one"));
  EXPECT_THAT(message([](O& o) {
                o.ratios = {.5, .5};
              }),
              HasSubstr("strictly ascending"));
  EXPECT_THAT(message([](O& o) {
                o.ratios = {.5, 1};
              }),
              HasSubstr("ratio 1.0"));
  EXPECT_THAT(message([](O& o) {
                o.ratios = {.5, .999};
              }),
              HasSubstr("at least one must stay"));
  EXPECT_THAT(message([](O& o) { o.ranks = {4, 2}; }), HasSubstr("ascending"));
  EXPECT_THAT(message([](O& o) { o.ranks = {-1, 2}; }), HasSubstr("negative"));
  EXPECT_THAT(message([](O& o) {
                o.pruning.mlp_layers = {0, 4};
              }),
              HasSubstr("mlp_layers"));
  EXPECT_THAT(message([](O& o) { o.max_parameters = 1; }), HasSubstr("budget"));
  EXPECT_THAT(message([](O& o) { o.max_adapter_parameters = 1; }),
              HasSubstr("budget"));
}

}  // namespace
}  // namespace rankadaptor::llama
