#include "rankadaptor/llama/depth_pruning.h"

#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;
using ::testing::SizeIs;

LlamaConfig DeepConfig(int num_layers) {
  LlamaConfig config;
  config.vocab_size = 32;
  config.hidden_size = 16;
  config.head_dim = 4;
  config.layers.assign(static_cast<size_t>(num_layers), {4, 2, 24});
  return config;
}

// LLaMA-7B's shapes.
LlamaConfig Llama7b() {
  LlamaConfig config;
  config.vocab_size = 32000;
  config.hidden_size = 4096;
  config.head_dim = 128;
  config.layers.assign(32, {32, 32, 11008});
  return config;
}

DepthPruneOptions Unprotected(int num_blocks) {
  DepthPruneOptions options;
  options.num_blocks = num_blocks;
  options.num_protected_first = options.num_protected_last = 0;
  return options;
}

const TokenWindows kWindows = {{1, 5, 9, 30, 2, 2, 17}, {3, 1, 8, 8, 2, 4, 1}};

Model WithoutLayers(const Model& model, std::vector<int> removed) {
  return ApplyKept(model, RemoveLayers(model.config(), removed)).value();
}

double Perplexity(const Model& model) {
  double sum = 0;
  int count = 0;
  for (const auto& window : kWindows) {
    const std::vector<float> nlls = model.TokenNlls(window).value();
    for (float nll : nlls) {
      sum += nll;
      ++count;
    }
  }
  return std::exp(sum / count);
}

TEST(BlockScores, PerplexityIsThatOfTheModelWithoutTheBlock) {
  const Model model = RandomModel(DeepConfig(4), 3);
  DepthPruneOptions options = Unprotected(1);
  options.criterion = BlockCriterion::kPerplexity;
  const BlockScores scores =
      ComputeBlockScores(model, kWindows, options).value();
  ASSERT_THAT(scores.blocks, SizeIs(4));
  for (int i = 0; i < 4; ++i) {
    const double expected = Perplexity(WithoutLayers(model, {i}));
    EXPECT_NEAR(scores.blocks[i], expected, 1e-5 * expected) << i;
  }
}

TEST(BlockScores, MagnitudeSumsAllWeightsOfABlock) {
  const Model model = RandomModel(DeepConfig(2), 3);
  DepthPruneOptions options = Unprotected(1);
  options.criterion = BlockCriterion::kMagnitude;
  options.norm_power = 2;
  const BlockScores scores = ComputeBlockScores(model, {}, options).value();
  const internal::LayerWeights& layer = model.transformer().weights().layers[1];
  double expected = 0;
  const auto add = [&](const at::Tensor& weight) {
    expected += weight.square().sum(at::kDouble).item<double>();
  };
  for (const at::Tensor& weight : layer.projections) add(weight);
  add(layer.input_norm);
  add(layer.post_attention_norm);
  EXPECT_NEAR(scores.blocks[1], expected, 1e-5 * expected);
  EXPECT_THAT(scores.weights, SizeIs(2 * 9 + 1));
}

TEST(BlockScores, TaylorOfABlockThatChangesNothingIsLow) {
  // With o and down zero the block adds nothing, so nothing depends on the
  // other weights; what is left are o's and down's own terms, W = 0.
  const Model model = RandomModel(DeepConfig(3), 3);
  internal::Weights weights = model.transformer().weights();
  for (Projection p : {Projection::kO, Projection::kDown}) {
    weights.layers[1][p] = at::zeros_like(weights.layers[1][p]);
  }
  const Model crippled(std::make_shared<const internal::Transformer>(
      model.config(), std::move(weights)));
  const BlockScores scores =
      ComputeBlockScores(crippled, kWindows, Unprotected(1)).value();
  EXPECT_EQ(scores.blocks[1], 0);
  EXPECT_GT(scores.blocks[0], 0);
  EXPECT_EQ(BlockOrder(scores.blocks)[0], 1);
}

TEST(BlockScores, BadOptionsAndWeightsAreRefused) {
  const Model model = RandomModel(DeepConfig(2), 3);
  DepthPruneOptions options = Unprotected(1);
  options.norm_power = 3;
  EXPECT_THAT(ComputeBlockScores(model, kWindows, options).error().message,
              HasSubstr("norm_power = 3"));
  EXPECT_FALSE(ComputeBlockScores(model, {}, Unprotected(1)));
  internal::Weights weights = model.transformer().weights();
  weights.layers[1].input_norm = weights.layers[1].input_norm.clone();
  weights.layers[1].input_norm[0] = std::numeric_limits<float>::infinity();
  const Model broken(std::make_shared<const internal::Transformer>(
      model.config(), std::move(weights)));
  EXPECT_THAT(
      ComputeBlockScores(broken, kWindows, Unprotected(1)).error().message,
      HasSubstr("not finite"));
}

TEST(BlockOrder, OfEqualScoresTheLowerIndexGoesFirst) {
  EXPECT_THAT(BlockOrder(std::vector<double>{2, 1, 2, 1}),
              ElementsAre(1, 3, 0, 2));
}

TEST(ChooseBlocks, PlusRulePassesOverBothEnds) {
  const std::vector<int> order = {0, 27, 24, 26, 25, 29, 28, 31, 30, 3, 4};
  DepthPruneOptions options;
  options.num_blocks = 6;
  EXPECT_THAT(ChooseBlocks(Llama7b(), order, options).value(),
              ElementsAre(27, 24, 26, 25, 29, 28));
}

// Spec 3.5: kept fractions by count for LLaMA-7B.
TEST(PlanDepthPruning, ReachesTheParameterCountsOfLlama7b) {
  const std::pair<int, double> kept[] = {
      {6, .820}, {8, .760}, {9, .730}, {10, .700}, {11, .670}, {16, .519}};
  for (auto [count, fraction] : kept) {
    DepthPruneOptions options;
    options.num_blocks = count;
    const LlamaConfig config = PlanDepthPruning(Llama7b(), options).value();
    EXPECT_EQ(config.num_layers(), 32 - count);
    EXPECT_NEAR(static_cast<double>(NumParameters(config)) / 6'738'415'616,
                fraction,
                0.0006);
  }
}

TEST(PlanDepthPruning, RatioIsOfTheParameters) {
  DepthPruneOptions options;
  options.ratio = 0.2;  // one block is 3.0 %
  EXPECT_EQ(PlanDepthPruning(Llama7b(), options)->num_layers(), 32 - 7);
  options.ratio = 0.19;
  EXPECT_EQ(PlanDepthPruning(Llama7b(), options)->num_layers(), 32 - 6);
}

std::string PlanError(const LlamaConfig& config,
                      const DepthPruneOptions& options) {
  auto plan = PlanDepthPruning(config, options);
  return plan ? "" : plan.error().message;
}

TEST(PlanDepthPruning, BadOptionsAreNamed) {
  DepthPruneOptions options;
  EXPECT_THAT(PlanError(Llama7b(), options), HasSubstr("exactly one"));
  options.num_blocks = 0;
  EXPECT_THAT(PlanError(Llama7b(), options), HasSubstr("num_blocks = 0"));
  options.num_blocks = 27;
  EXPECT_THAT(PlanError(Llama7b(), options),
              HasSubstr("only 26 layers are in the order"));
  options.num_blocks = 1;
  EXPECT_THAT(PlanError(DeepConfig(5), options),
              HasSubstr("leave nothing to remove of 5 layers"));
  options.num_blocks.reset();
  options.ratio = 1;
  EXPECT_THAT(PlanError(Llama7b(), options), HasSubstr("ratio = 1.0"));
  options.ratio = 0.001;
  EXPECT_THAT(PlanError(Llama7b(), options), HasSubstr("less than half"));
}

TEST(PlanDepthPruning, LayersThatDifferCannotBePlanned) {
  LlamaConfig config = DeepConfig(8);
  config.layers[5].intermediate_size = 8;
  DepthPruneOptions options;
  options.num_blocks = 1;
  EXPECT_THAT(PlanError(config, options), HasSubstr("differ in shape"));
}

TEST(PruneDepth, RemovesTheLowestBlocksAndReportsTheOrder) {
  const Model model = RandomModel(DeepConfig(6), 3);
  const PruneResult pruned =
      PruneDepth(model, kWindows, Unprotected(2)).value();
  ASSERT_THAT(pruned.block_order, SizeIs(6));
  EXPECT_EQ(pruned.model.config(),
            PlanDepthPruning(model.config(), Unprotected(2)));
  EXPECT_EQ(pruned.model.Logits(kWindows[0]).value(),
            WithoutLayers(model, {pruned.block_order[0], pruned.block_order[1]})
                .Logits(kWindows[0])
                .value());
  EXPECT_EQ(pruned.report.parameters_after, pruned.model.NumParameters());
  EXPECT_THAT(KeptLayerIndices(pruned.kept), SizeIs(4));
}

TEST(PruneDepth, ResultIsAPlainModelWithFewerLayers) {
  const rankadaptor::testing::TemporaryFolder folder;
  const Model model = RandomModel(DeepConfig(6), 3);
  const std::vector<int> order = {4, 2, 3, 0};
  const PruneResult pruned =
      PruneDepth(model, {}, Unprotected(2), order).value();
  ASSERT_TRUE(SavePruned(pruned.model,
                         pruned.kept,
                         folder.path(),
                         folder / "out",
                         Dtype::kFloat32,
                         pruned.block_order));
  const std::string config = ReadFile(folder / "out/config.json").value();
  EXPECT_THAT(config, Not(HasSubstr("rankadaptor_layers")));
  const Model loaded = Model::Load(folder / "out", {}).value();
  EXPECT_EQ(loaded.config(), DeepConfig(4));
  EXPECT_EQ(loaded.Logits(kWindows[0]).value(),
            pruned.model.Logits(kWindows[0]).value());
  EXPECT_EQ(ReadBlockOrder(folder / "out/block_order.csv").value(), order);
  const KeptIndices kept =
      ReadKeptIndices(folder / "out/kept_indices.json").value();
  EXPECT_EQ(kept, pruned.kept);
  EXPECT_THAT(KeptLayerIndices(kept), ElementsAre(0, 1, 3, 5));
}

TEST(PruneDepth, OrderThatDoesNotFitIsRefused) {
  const Model model = RandomModel(DeepConfig(3), 3);
  const std::vector<int> beyond = {1, 3};
  EXPECT_THAT(PruneDepth(model, {}, Unprotected(1), beyond).error().message,
              HasSubstr("has 3, which is outside 0..2"));
  const std::vector<int> twice = {1, 1};
  EXPECT_THAT(PruneDepth(model, {}, Unprotected(1), twice).error().message,
              HasSubstr("has 1 twice"));
}

TEST(ReadBlockOrder, TakesOneLineOfIntegers) {
  const rankadaptor::testing::TemporaryFolder folder;
  const auto read = [&](const std::string& text) {
    EXPECT_TRUE(WriteFileAtomically(folder / "order.csv", text));
    return ReadBlockOrder(folder / "order.csv");
  };
  EXPECT_THAT(read("24,26, 25\r\n").value(), ElementsAre(24, 26, 25));
  for (const char* text : {"", "\n", "1,,2", "1,x", "1 2", "1,2,"}) {
    auto order = read(text);
    ASSERT_FALSE(order) << text;
    EXPECT_THAT(order.error().message, HasSubstr("integers with commas"));
  }
  EXPECT_EQ(ReadBlockOrder(folder / "none.csv").error().code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace rankadaptor::llama
