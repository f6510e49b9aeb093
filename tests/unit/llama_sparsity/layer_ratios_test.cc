#include <gmock/gmock.h>

#include "rankadaptor/llama/sparsity.h"

#include "tests/support/random_model.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using ::testing::HasSubstr;

WidthPruneOptions AllLayers() {
  WidthPruneOptions options;
  options.criterion = WidthCriterion::kL1;
  options.attention_layers = options.mlp_layers = {0, 3};
  return options;
}

Importance ImportanceOf(const Model& model, const WidthPruneOptions& options) {
  return ComputeImportance(model, {}, options).value();
}

// From nothing to nearly everything.
constexpr double kRatios[] = {0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75};

TEST(LayerRatios, EqualRatiosSelectWhatUniformPruningSelects) {
  const Model model = RandomModel(SmallConfig(), 1);
  WidthPruneOptions options = AllLayers();
  const Importance importance = ImportanceOf(model, options);
  for (double ratio : kRatios) {
    options.ratio = ratio;
    EXPECT_EQ(SelectByRatios(
                  model.config(), importance, {ratio, ratio, ratio}, options)
                  .value(),
              SelectKept(model.config(), importance, options).value())
        << ratio;
  }
}

TEST(LayerRatios, EqualRatiosLeaveTheShapeOfUniformPruning) {
  WidthPruneOptions options = AllLayers();
  options.channel_multiple = 8;
  for (double ratio : kRatios) {
    options.ratio = ratio;
    EXPECT_EQ(
        PlanLayerRatios(SmallConfig(), {ratio, ratio, ratio}, options).value(),
        PlanWidthPruning(SmallConfig(), options)->config)
        << ratio;
  }
}

TEST(LayerRatios, EachLayerLosesByItsOwn) {
  const Model model = RandomModel(SmallConfig(), 1);
  WidthPruneOptions options = AllLayers();
  const Importance importance = ImportanceOf(model, options);
  const std::vector<double> ratios = {0.75, 0, 0.5};
  const KeptIndices mixed =
      SelectByRatios(model.config(), importance, ratios, options).value();
  for (size_t i = 0; i < ratios.size(); ++i) {
    options.ratio = ratios[i];
    const KeptIndices uniform =
        SelectKept(model.config(), importance, options).value();
    EXPECT_EQ(mixed.layers[i], uniform.layers[i]) << i;
  }
}

TEST(LayerRatios, ThePlanIsTheShapeOfWhatIsSelected) {
  const Model model = RandomModel(SmallConfig(), 1);
  const WidthPruneOptions options = AllLayers();
  const std::vector<double> ratios = {0.7, 0.3, 0.5};
  const KeptIndices kept =
      SelectByRatios(
          model.config(), ImportanceOf(model, options), ratios, options)
          .value();
  const Model pruned = ApplyKept(model, kept).value();
  const LlamaConfig plan =
      PlanLayerRatios(model.config(), ratios, options).value();
  EXPECT_EQ(pruned.config(), plan);
  EXPECT_EQ(pruned.NumParameters(), NumParameters(plan));
}

TEST(LayerRatios, LayersOutOfRangeStayWhole) {
  WidthPruneOptions options = AllLayers();
  options.attention_layers = {0, 1};
  options.mlp_layers = {0, 2};
  const LlamaConfig dense = SmallConfig();
  const LlamaConfig left =
      PlanLayerRatios(dense, {0.5, 0.5, 0.5}, options).value();
  EXPECT_LT(left.layers[0].num_heads, dense.layers[0].num_heads);
  EXPECT_EQ(left.layers[1].num_heads, dense.layers[1].num_heads);
  EXPECT_LT(left.layers[1].intermediate_size,
            dense.layers[1].intermediate_size);
  EXPECT_EQ(left.layers[2], dense.layers[2]);
}

TEST(LayerRatios, RefusesWhatIsOutOfRange) {
  const auto message = [](const std::vector<double>& ratios) {
    return PlanLayerRatios(SmallConfig(), ratios, AllLayers()).error().message;
  };
  EXPECT_THAT(message({0.5, 0.5}), HasSubstr("2 ratios for a model of 3"));
  EXPECT_THAT(message({0.5, 1, 0.5}), HasSubstr("layer 1: ratio 1.0"));
  EXPECT_THAT(message({0.5, 0.5, -0.1}), HasSubstr("layer 2: ratio -0.1"));
  EXPECT_THAT(message({std::nan(""), 0, 0}), HasSubstr("layer 0: ratio nan"));
}

TEST(LayerRatios, RefusesToLeaveNothing) {
  const auto left = PlanLayerRatios(SmallConfig(), {0, 0.999, 0}, AllLayers());
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(left.error().message, HasSubstr("layer 1: ratio 0.999"));
  EXPECT_THAT(left.error().message, HasSubstr("at least one must stay"));
}

TEST(LayerRatios, RefusesScoresOfAnotherModel) {
  Importance importance =
      ImportanceOf(RandomModel(SmallConfig(), 1), AllLayers());
  importance.layers.pop_back();
  EXPECT_THAT(
      SelectByRatios(SmallConfig(), importance, {0.5, 0.5, 0.5}, AllLayers())
          .error()
          .message,
      HasSubstr("importance has 2 layers"));
}

}  // namespace
}  // namespace rankadaptor::llama
