// Pruning parts of configs: what becomes of their fields, and what they leave
// of a model, without weights.
#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/v1/prune.pb.h"

#include "runners/config/config_reader.h"
#include "runners/llama/configured_pruning.h"
#include "runners/llama/pruning_options.h"
#include "runners/llama/pruning_report.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kLayers[] =
    "attention_layers: {start: 4, end: 30}, mlp_layers: {start: 4, end: 30}";

v1::Pruning Pruning(const std::string& fields) {
  v1::PruneConfig config;
  auto source = ReadConfig("{schema_revision: 1, pruning: {" + fields + "}}",
                           "prune.yaml",
                           {},
                           &config);
  EXPECT_TRUE(source) << source.error().message;
  return config.pruning();
}

v1::Pruning Width(const std::string& fields) {
  return Pruning("width: {ratio: 0.25, " + std::string(kLayers) + fields + "}");
}

class PruningConfigTest : public ::testing::Test {
 protected:
  std::string Problem(const v1::Pruning& pruning) const {
    Status status = CheckPruning(pruning, field_);
    return status ? "" : status.error().message;
  }
  static llama::LlamaConfig Llama7b() {
    llama::LlamaConfig config;
    config.vocab_size = 32000;
    config.hidden_size = 4096;
    config.head_dim = 128;
    config.layers.assign(32, {32, 32, 11008});
    return config;
  }

  const ConfigSource source_{"prune.yaml"};
  const ConfigField field_ = ConfigField(source_)["pruning"];
};

TEST_F(PruningConfigTest, WidthLeavesDefaultsAlone) {
  const auto options =
      WidthPruneOptionsFrom(Width("").width(), field_["width"]).value();
  const llama::WidthPruneOptions defaults;
  EXPECT_EQ(options.criterion, defaults.criterion);
  EXPECT_EQ(options.second_order, defaults.second_order);
  EXPECT_EQ(options.reduction, defaults.reduction);
  EXPECT_EQ(options.scope, defaults.scope);
  EXPECT_EQ(options.gqa_fold, defaults.gqa_fold);
  EXPECT_EQ(options.num_steps, 1);
  EXPECT_EQ(options.channel_multiple, 1);
}

TEST_F(PruningConfigTest, WidthTakesWhatIsGiven) {
  const auto options =
      WidthPruneOptionsFrom(
          Width(", criterion: param_mix, second_order: sum, reduction: prod, "
                "scope: global, num_steps: 3, channel_multiple: 64, "
                "gqa_fold: tiled, seed: 7")
              .width(),
          field_["width"])
          .value();
  EXPECT_EQ(options.criterion, llama::WidthCriterion::kParamMix);
  EXPECT_EQ(options.second_order, llama::SecondOrder::kSum);
  EXPECT_EQ(options.reduction, graph::Reduction::kProduct);
  EXPECT_EQ(options.scope, llama::PruneScope::kGlobal);
  EXPECT_EQ(options.gqa_fold, graph::Fold::kTiled);
  EXPECT_EQ(options.num_steps, 3);
  EXPECT_EQ(options.channel_multiple, 64);
  EXPECT_EQ(options.seed, 7U);
}

TEST_F(PruningConfigTest, EveryCriterionAndReductionHasItsName) {
  const std::pair<const char*, llama::WidthCriterion> criteria[] = {
      {"param_first", llama::WidthCriterion::kParamFirst},
      {"param_second", llama::WidthCriterion::kParamSecond},
      {"param_mix", llama::WidthCriterion::kParamMix},
      {"vectorize", llama::WidthCriterion::kVectorize},
      {"l1", llama::WidthCriterion::kL1},
      {"l2", llama::WidthCriterion::kL2},
      {"random", llama::WidthCriterion::kRandom}};
  for (const auto& [name, criterion] : criteria) {
    const v1::Pruning config = Width(std::string(", criterion: ") + name);
    EXPECT_EQ(WidthPruneOptionsFrom(config.width(), field_)->criterion,
              criterion);
  }
  const std::pair<const char*, graph::Reduction> reductions[] = {
      {"sum", graph::Reduction::kSum},
      {"mean", graph::Reduction::kMean},
      {"max", graph::Reduction::kMax},
      {"prod", graph::Reduction::kProduct},
      {"first", graph::Reduction::kFirst},
      {"second", graph::Reduction::kSecond}};
  for (const auto& [name, reduction] : reductions) {
    const v1::Pruning config = Width(std::string(", reduction: ") + name);
    EXPECT_EQ(WidthPruneOptionsFrom(config.width(), field_)->reduction,
              reduction);
  }
}

TEST_F(PruningConfigTest, DepthTakesWhatIsGiven) {
  const auto defaults =
      DepthPruneOptionsFrom(Pruning("depth: {num_blocks: 6}").depth());
  EXPECT_EQ(defaults.num_blocks, 6);
  EXPECT_EQ(defaults.ratio, std::nullopt);
  EXPECT_EQ(defaults.num_protected_first, 4);
  EXPECT_EQ(defaults.num_protected_last, 2);
  EXPECT_EQ(defaults.criterion, llama::BlockCriterion::kTaylor);
  const auto options = DepthPruneOptionsFrom(
      Pruning("depth: {ratio: 0.3, criterion: ppl, norm_power: 2, "
              "num_protected_first: 0, num_protected_last: 1}")
          .depth());
  EXPECT_EQ(options.num_blocks, std::nullopt);
  EXPECT_EQ(options.ratio, 0.3);
  EXPECT_EQ(options.criterion, llama::BlockCriterion::kPerplexity);
  EXPECT_EQ(options.norm_power, 2);
  EXPECT_EQ(options.num_protected_first, 0);
  EXPECT_EQ(options.num_protected_last, 1);
}

TEST_F(PruningConfigTest, CalibrationIsAskedForWhereItIsNeeded) {
  EXPECT_THAT(Problem(Width("")),
              HasSubstr("pruning.width.calibration is required"));
  EXPECT_EQ(Problem(Width(", criterion: l2")), "");
  EXPECT_EQ(Problem(Width(", criterion: random")), "");
  EXPECT_THAT(Problem(Pruning("depth: {num_blocks: 1}")),
              HasSubstr("pruning.depth.calibration is required"));
  EXPECT_EQ(Problem(Pruning("depth: {num_blocks: 1, criterion: magnitude}")),
            "");
  EXPECT_THAT(Problem(Pruning("depth: {num_blocks: 1, order_file: none.csv}")),
              HasSubstr("none.csv: no such file"));
}

TEST_F(PruningConfigTest, PlanOfWidthNamesTheLayersThatLoseSomething) {
  const PruningPlan plan = PlanPruning(Width(""), field_, Llama7b()).value();
  EXPECT_EQ(ParametersKept(Llama7b(), plan.config),
            "5,422,977,024 of 6,738,415,616 parameters kept (80.48 %)");
  ASSERT_THAT(plan.free_layers, SizeIs(26));
  EXPECT_EQ(plan.free_layers.front(), 4);
}

// Spec 3.6: at 20 % there are 26 layers, of which 20 are free.
TEST_F(PruningConfigTest, PlanOfDepthNamesTheLayersThatCouldHaveGone) {
  const PruningPlan plan =
      PlanPruning(Pruning("depth: {num_blocks: 6}"), field_, Llama7b()).value();
  EXPECT_EQ(plan.config.num_layers(), 26);
  ASSERT_THAT(plan.free_layers, SizeIs(20));
  EXPECT_EQ(plan.free_layers.front(), 4);
  EXPECT_EQ(plan.free_layers.back(), 23);
}

TEST_F(PruningConfigTest, WhatDependsOnWeightsCannotBePlanned) {
  auto plan = PlanPruning(Width(", scope: global"), field_, Llama7b());
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, HasSubstr("depend on the weights"));
}

TEST_F(PruningConfigTest, PlanOfKeptIndicesFollowsTheFile) {
  const rankadaptor::testing::TemporaryFolder folder;
  llama::LlamaConfig dense;
  dense.head_dim = 2;
  dense.layers.assign(3, {2, 2, 4});
  const int removed[] = {0};
  llama::KeptIndices kept = llama::RemoveLayers(dense, removed);
  kept.layers[2].mlp_channels = {1, 2};
  ASSERT_TRUE(WriteFileAtomically(folder / "kept.json",
                                  llama::FormatKeptIndices(kept)));
  const PruningPlan plan =
      PlanPruning(Pruning("kept_indices: " + (folder / "kept.json").string()),
                  field_,
                  dense)
          .value();
  EXPECT_THAT(
      plan.config.layers,
      ElementsAre(llama::LayerShape{2, 2, 4}, llama::LayerShape{2, 2, 2}));
  EXPECT_THAT(plan.free_layers, ElementsAre(1));
}

TEST(ShapesText, SaysWhichLayersStayed) {
  llama::LlamaConfig before;
  before.vocab_size = 10;
  before.hidden_size = 4;
  before.head_dim = 2;
  before.layers.assign(3, {2, 2, 4});
  llama::LlamaConfig after = before;
  after.layers.resize(2);
  EXPECT_THAT(ShapesText(before, after, {0, 2}), HasSubstr("was layer"));
  EXPECT_THAT(ShapesText(before, after, {}), HasSubstr("?"));
  EXPECT_THAT(ShapesText(before, before, {0, 1, 2}),
              Not(HasSubstr("was layer")));
}

}  // namespace
}  // namespace rankadaptor::runners
