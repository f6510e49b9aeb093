#include <limits>
#include <numeric>

#include <gmock/gmock.h>

#include "rankadaptor/llama/pruning.h"

namespace rankadaptor::llama {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

LlamaConfig Shape(int num_layers,
                  int64_t hidden_size,
                  LayerShape layer,
                  int64_t vocab_size) {
  LlamaConfig config;
  config.vocab_size = vocab_size;
  config.hidden_size = hidden_size;
  config.head_dim = 128;
  config.layers.assign(num_layers, layer);
  return config;
}
LlamaConfig Llama7b() { return Shape(32, 4096, {32, 32, 11008}, 32000); }
LlamaConfig Llama13b() { return Shape(40, 5120, {40, 40, 13824}, 32000); }
LlamaConfig Llama3With8b() { return Shape(32, 4096, {32, 8, 14336}, 128256); }

WidthPruneOptions Options(double ratio, LayerRange layers) {
  return {.ratio = ratio, .attention_layers = layers, .mlp_layers = layers};
}

LlamaConfig Planned(const LlamaConfig& config, double ratio, LayerRange range) {
  return PlanWidthPruning(config, Options(ratio, range)).value().config;
}

// Spec 0.4 and 1.7; the paper's in-block ratios on its layer ranges.
TEST(PlanWidthPruning, ReachesTheParameterCountsOfLlama7b) {
  EXPECT_EQ(NumParameters(Llama7b()), 6'738'415'616);
  EXPECT_EQ(NumParameters(Planned(Llama7b(), 0.25, {4, 30})), 5'422'977'024);
  const std::pair<double, double> percent[] = {
      {0.25, 80.48}, {0.32, 75.20}, {0.38, 70.45}, {0.635, 50.67}};
  for (auto [ratio, kept] : percent) {
    const auto after = NumParameters(Planned(Llama7b(), ratio, {4, 30}));
    EXPECT_NEAR(100.0 * static_cast<double>(after) / 6'738'415'616, kept, 0.005)
        << ratio;
  }
}

TEST(PlanWidthPruning, ReachesTheParameterCountsOfLlama13b) {
  const auto before = static_cast<double>(NumParameters(Llama13b()));
  const std::pair<double, double> percent[] = {
      {0.25, 80.50}, {0.32, 75.56}, {0.38, 70.49}, {0.635, 50.74}};
  for (auto [ratio, kept] : percent) {
    const auto after = NumParameters(Planned(Llama13b(), ratio, {4, 36}));
    EXPECT_NEAR(100.0 * static_cast<double>(after) / before, kept, 0.005)
        << ratio;
  }
}

TEST(PlanWidthPruning, ReachesTheParameterCountOfLlama3With8b) {
  LlamaConfig after = Planned(Llama3With8b(), 0.25, {4, 30});
  EXPECT_EQ(NumParameters(Llama3With8b()), 8'030'261'248);
  EXPECT_EQ(NumParameters(after), 6'612'586'496);
  EXPECT_EQ(after.layers[4], (LayerShape{24, 6, 10752}));
}

struct RemovedCount {
  double ratio;
  int64_t heads;
  int64_t channels;
};

void ExpectRemoved(const LlamaConfig& config,
                   std::initializer_list<RemovedCount> counts) {
  for (const RemovedCount& expected : counts) {
    const LayerShape& before = config.layers[0];
    LayerShape after = Planned(config, expected.ratio, {0, 1}).layers[0];
    EXPECT_EQ(before.num_heads - after.num_heads, expected.heads)
        << expected.ratio;
    EXPECT_EQ(before.intermediate_size - after.intermediate_size,
              expected.channels)
        << expected.ratio;
  }
}

TEST(PlanWidthPruning, RoundsDownToWholeHeads) {
  ExpectRemoved(Llama7b(),
                {{0.20, 6, 2202},
                 {0.25, 8, 2752},
                 {0.32, 10, 3523},
                 {0.38, 12, 4184},
                 {0.635, 20, 6991}});
  ExpectRemoved(Llama13b(),
                {{0.25, 10, 3456},
                 {0.32, 12, 4424},
                 {0.38, 15, 5254},
                 {0.635, 25, 8779}});
}

TEST(PlanWidthPruning, RangesAreSeparateAndHalfOpen) {
  LlamaConfig config = Shape(4, 256, {4, 2, 8}, 10);
  WidthPruneOptions options;
  options.ratio = 0.5;
  options.attention_layers = {0, 2};
  options.mlp_layers = {1, 3};
  EXPECT_THAT(PlanWidthPruning(config, options)->config.layers,
              ElementsAre(LayerShape{2, 1, 8},
                          LayerShape{2, 1, 4},
                          LayerShape{4, 2, 4},
                          LayerShape{4, 2, 8}));
}

TEST(PlanWidthPruning, PartsThatStayWholeAreReported) {
  LlamaConfig config = Shape(1, 256, {4, 2, 8}, 10);
  WidthPrunePlan plan = PlanWidthPruning(config, Options(0.4, {0, 1})).value();
  EXPECT_THAT(plan.config.layers, ElementsAre(LayerShape{4, 2, 4}));
  ASSERT_THAT(plan.skipped, SizeIs(1));
  EXPECT_EQ(plan.skipped[0].part, "attention");
  EXPECT_THAT(plan.skipped[0].reason, HasSubstr("2 KV heads is less than one"));

  plan = PlanWidthPruning(config, Options(0.999, {0, 1})).value();
  EXPECT_EQ(plan.config, config);
  ASSERT_THAT(plan.skipped, SizeIs(2));
  EXPECT_EQ(plan.skipped[1].part, "mlp");
  EXPECT_THAT(plan.skipped[1].reason, HasSubstr("remove all 8 channels"));
}

TEST(PlanWidthPruning, BadOptionsAreNamed) {
  LlamaConfig config = Shape(3, 256, {2, 1, 8}, 10);
  for (double ratio :
       {-0.1, 1.0, 2.0, std::numeric_limits<double>::quiet_NaN()}) {
    auto plan = PlanWidthPruning(config, Options(ratio, {0, 1}));
    ASSERT_FALSE(plan) << ratio;
    EXPECT_THAT(plan.error().message, HasSubstr("ratio = "));
  }
  WidthPruneOptions steps = Options(0.5, {0, 1});
  steps.num_steps = 0;
  EXPECT_THAT(PlanWidthPruning(config, steps).error().message,
              HasSubstr("num_steps = 0"));
  WidthPruneOptions multiple = Options(0.5, {0, 1});
  multiple.channel_multiple = 0;
  EXPECT_THAT(PlanWidthPruning(config, multiple).error().message,
              HasSubstr("channel_multiple = 0"));
  for (LayerRange range : {LayerRange{-1, 2}, {2, 1}, {0, 4}}) {
    WidthPruneOptions options;
    options.mlp_layers = range;
    auto plan = PlanWidthPruning(config, options);
    ASSERT_FALSE(plan);
    EXPECT_THAT(plan.error().message, HasSubstr("mlp_layers = ["));
  }
}

TEST(SelectKept, LowestScoresGo) {
  LlamaConfig config = Shape(2, 256, {8, 4, 6}, 10);
  Importance importance;
  importance.layers.resize(2);
  importance.layers[1].kv_heads = {4, 1, 3, 2};
  importance.layers[1].mlp_channels = {1, 6, 2, 2, 9, 5};
  KeptIndices kept =
      SelectKept(config, importance, Options(0.5, {1, 2})).value();
  EXPECT_EQ(kept.layers[0], KeepEverything(config).layers[0]);
  EXPECT_THAT(kept.layers[1].kv_heads, ElementsAre(0, 2));
  EXPECT_THAT(kept.layers[1].q_heads, ElementsAre(0, 1, 4, 5));
  EXPECT_THAT(kept.layers[1].mlp_channels, ElementsAre(1, 4, 5));
}

TEST(SelectKept, OfEqualScoresTheLowerIndexGoes) {
  LlamaConfig config = Shape(1, 256, {2, 2, 4}, 10);
  Importance importance;
  importance.layers = {{{}, {1, 1}, {7, 7, 7, 7}}};
  KeptIndices kept =
      SelectKept(config, importance, Options(0.5, {0, 1})).value();
  EXPECT_THAT(kept.layers[0].kv_heads, ElementsAre(1));
  EXPECT_THAT(kept.layers[0].mlp_channels, ElementsAre(2, 3));
}

TEST(PlanWidthPruning, ChannelsAreRoundedToTheNearestMultiple) {
  WidthPruneOptions options = Options(0.25, {4, 30});
  const std::pair<int64_t, int64_t> kept[] = {
      {1, 8256}, {8, 8256}, {64, 8256}, {128, 8320}, {4096, 8192}};
  for (auto [multiple, channels] : kept) {
    options.channel_multiple = multiple;
    const LlamaConfig after = PlanWidthPruning(Llama7b(), options)->config;
    EXPECT_EQ(after.layers[4], (LayerShape{24, 24, channels})) << multiple;
    EXPECT_EQ(after.layers[3].intermediate_size, 11008);
  }
}

TEST(PlanWidthPruning, AtLeastOneMultipleStaysAndAtMostAll) {
  LlamaConfig config = Shape(1, 256, {2, 2, 100}, 10);
  WidthPruneOptions options = Options(0.9, {0, 1});
  options.channel_multiple = 64;
  EXPECT_EQ(PlanWidthPruning(config, options)->config.layers[0],
            (LayerShape{1, 1, 64}));
  options.ratio = 0.01;
  const WidthPrunePlan plan = PlanWidthPruning(config, options).value();
  // 99 is nearer to 128 than to 64, and all are 100.
  EXPECT_EQ(plan.config, config);
  ASSERT_THAT(plan.skipped, SizeIs(2));
  EXPECT_THAT(plan.skipped[1].reason, HasSubstr("multiple of 64"));
}

TEST(PlanWidthPruning, StepsReachTheSameChannels) {
  WidthPruneOptions options = Options(0.5, {4, 30});
  const LlamaConfig at_once = PlanWidthPruning(Llama7b(), options)->config;
  options.num_steps = 3;
  const LlamaConfig in_steps = PlanWidthPruning(Llama7b(), options)->config;
  EXPECT_EQ(in_steps.layers[4].intermediate_size,
            at_once.layers[4].intermediate_size);
  // Rows of 5.3 heads, then 10.7 - 5, then 16 - 10: each rounded down.
  EXPECT_EQ(in_steps.layers[4].num_kv_heads, 16);
}

// The third step takes no head, but the first two have.
TEST(PlanWidthPruning, APartThatLostSomethingIsNotCalledWhole) {
  const LlamaConfig config = Shape(1, 256, {4, 4, 12}, 10);
  WidthPruneOptions options = Options(0.5, {0, 1});
  options.num_steps = 4;
  const WidthPrunePlan plan = PlanWidthPruning(config, options).value();
  EXPECT_EQ(plan.config.layers[0].num_kv_heads, 2);
  EXPECT_THAT(plan.skipped, IsEmpty());
  options.ratio = 0.2;
  ASSERT_THAT(PlanWidthPruning(config, options)->skipped, SizeIs(1));
}

TEST(PlanWidthPruning, GlobalScopeCannotBePlanned) {
  WidthPruneOptions options = Options(0.5, {4, 30});
  options.scope = PruneScope::kGlobal;
  EXPECT_THAT(PlanWidthPruning(Llama7b(), options).error().message,
              HasSubstr("depend on the weights"));
}

TEST(SelectKept, GlobalScopeRanksHeadsAndChannelsTogether) {
  LlamaConfig config = Shape(2, 256, {2, 2, 4}, 10);
  Importance importance;
  importance.layers = {{{}, {10, 20}, {1, 5, 2, 8}},
                       {{}, {3, 30}, {9, 12, 11, 7}}};
  WidthPruneOptions options = Options(0.5, {0, 2});
  options.scope = PruneScope::kGlobal;
  // 12 units, 6 go: 1 2 3 5 7 8. The whole MLP of layer 0 would: it stays.
  const KeptIndices kept = SelectKept(config, importance, options).value();
  EXPECT_THAT(kept.layers[0].mlp_channels, SizeIs(4));
  EXPECT_THAT(kept.layers[0].kv_heads, ElementsAre(0, 1));
  EXPECT_THAT(kept.layers[1].kv_heads, ElementsAre(1));
  EXPECT_THAT(kept.layers[1].mlp_channels, ElementsAre(0, 1, 2));
  // Rounded to two channels, the next lowest goes too.
  options.channel_multiple = 2;
  options.ratio = 0.4;  // int(12 * .6) = 7 stay: 1 2 3 5 7 go
  EXPECT_THAT(SelectKept(config, importance, options)->layers[0].mlp_channels,
              ElementsAre(1, 3));
}

TEST(SelectKept, SkippedPartsStayWhole) {
  LlamaConfig config = Shape(1, 256, {2, 2, 4}, 10);
  Importance importance;
  importance.layers = {{{}, {1, 2}, {1, 2, 3, 4}}};
  EXPECT_EQ(SelectKept(config, importance, Options(0.0, {0, 1})).value(),
            KeepEverything(config));
}

TEST(SelectKept, ImportanceMustFit) {
  LlamaConfig config = Shape(1, 256, {2, 2, 4}, 10);
  Importance importance;
  EXPECT_THAT(
      SelectKept(config, importance, Options(0.5, {0, 1})).error().message,
      HasSubstr("0 layers"));
  importance.layers = {{{}, {1}, {1, 2, 3, 4}}};
  EXPECT_THAT(
      SelectKept(config, importance, Options(0.5, {0, 1})).error().message,
      HasSubstr("layer 0, attention: importance has 1 scores for 2"));
}

}  // namespace
}  // namespace rankadaptor::llama
