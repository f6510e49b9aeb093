#include "rankadaptor/llama/adapter.h"

#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>

#include "evaluators/llama/model/transformer.h"
#include "tests/support/random_model.h"

namespace rankadaptor::llama {
namespace {

using internal::LoraModules;
using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using ::testing::ElementsAre;

// 32 layers of LLaMA-7B's shape.
LlamaConfig Llama7B() {
  LlamaConfig config;
  config.vocab_size = 32000;
  config.hidden_size = 4096;
  config.head_dim = 128;
  config.layers.assign(32, {32, 32, 11008});
  return config;
}

at::Tensor Logits(const Model& model, const Adapter* adapter) {
  const c10::NoGradGuard no_gradients;
  internal::ForwardOptions options;
  if (adapter != nullptr) options.lora = &adapter->modules();
  const at::Tensor ids = at::arange(1, 9, at::kLong).unsqueeze(0);
  const internal::Transformer& transformer = model.transformer();
  return transformer.Logits(transformer.HiddenStates(ids, options));
}

// `adapter` with random B, so that it changes the model.
Adapter WithRandomB(const Adapter& adapter) {
  at::manual_seed(3);
  auto modules = std::make_shared<LoraModules>(adapter.modules());
  for (auto& layer : modules->layers) {
    for (auto& module : layer) {
      if (module.defined()) module.b = at::randn_like(module.b) * 0.1;
    }
  }
  return Adapter(modules);
}

TEST(NumAdapterParameters, OfLlama7BAreThoseOfTheLiterature) {
  LlamaConfig config = Llama7B();
  EXPECT_EQ(NumAdapterParameters(config, std::vector<int>(32, 8)), 19988480);
  std::vector<int> one_layer(32, 0);
  one_layer[7] = 8;
  EXPECT_EQ(NumAdapterParameters(config, one_layer), 624640);
  config.layers[7] = {24, 24, 8256};  // pruned by a quarter
  one_layer[7] = 1;
  EXPECT_EQ(NumAdapterParameters(config, one_layer), 65728);
}

TEST(LoraScale, FollowsThePolicy) {
  LoraOptions options;
  EXPECT_DOUBLE_EQ(LoraScale(options, 2), 8);
  EXPECT_DOUBLE_EQ(LoraScale(options, 12), 16.0 / 12);
  options.scale_policy = LoraScalePolicy::kFixedAlphaOverRank;
  EXPECT_DOUBLE_EQ(LoraScale(options, 2), 2);
  EXPECT_DOUBLE_EQ(LoraScale(options, 12), 2);
  options.scale_policy = LoraScalePolicy::kRankStabilised;
  EXPECT_DOUBLE_EQ(LoraScale(options, 4), 8);
}

TEST(LoraScalePolicy, NamesRoundTripAndOthersAreRefused) {
  for (auto policy : {LoraScalePolicy::kFixedAlpha,
                      LoraScalePolicy::kFixedAlphaOverRank,
                      LoraScalePolicy::kRankStabilised}) {
    EXPECT_EQ(ParseLoraScalePolicy(LoraScalePolicyName(policy)), policy);
  }
  EXPECT_EQ(ParseLoraScalePolicy("rslora").error().message,
            "LoRA scale policy \"rslora\" is not one of fixed_alpha, "
            "fixed_alpha_over_rank, rank_stabilised");
}

TEST(Adapter, StartsAsTheIdentityWithKaimingUniformA) {
  const Model model = RandomModel(SmallConfig(), 1);
  const Adapter adapter =
      Adapter::Create(model, {.ranks = {2, 4, 6}}, 5).value();
  EXPECT_TRUE(at::equal(Logits(model, &adapter), Logits(model, nullptr)));
  const at::Tensor& a = adapter.modules().layers[2][0].a;  // [6, 16]
  EXPECT_EQ(a.scalar_type(), at::kFloat);
  EXPECT_LE(a.abs().max().item<double>(), 0.25);
  EXPECT_GT(a.abs().max().item<double>(), 0.2);
  EXPECT_NEAR(a.std().item<double>(), 0.25 / std::sqrt(3.0), 0.03);
  EXPECT_EQ(adapter.modules().layers[2][0].b.abs().sum().item<double>(), 0);
}

TEST(Adapter, GivesASmallerRankTheLeadingRowsOfALargerOne) {
  const Model model = RandomModel(SmallConfig(), 1);
  const auto small = Adapter::Create(model, {.ranks = {2, 2, 2}}, 5);
  const auto large = Adapter::Create(model, {.ranks = {4, 2, 6}}, 5);
  const auto other = Adapter::Create(model, {.ranks = {2, 2, 2}}, 6);
  for (size_t layer = 0; layer < 3; ++layer) {
    for (size_t p = 0; p < kNumProjections; ++p) {
      const at::Tensor& a = small->modules().layers[layer][p].a;
      EXPECT_TRUE(
          at::equal(a, large->modules().layers[layer][p].a.narrow(0, 0, 2)));
      EXPECT_FALSE(at::equal(a, other->modules().layers[layer][p].a));
    }
  }
  EXPECT_FALSE(at::equal(small->modules().layers[0][0].a,
                         small->modules().layers[0][1].a));
}

TEST(Adapter, LeavesLayersOfRankZeroAlone) {
  const Model model = RandomModel(SmallConfig(), 1);
  const Adapter adapter =
      Adapter::Create(model, {.ranks = {0, 3, 0}}, 5).value();
  EXPECT_THAT(adapter.ranks(), ElementsAre(0, 3, 0));
  EXPECT_FALSE(adapter.modules().layers[0][3].defined());
  EXPECT_EQ(adapter.NumParameters(),
            NumAdapterParameters(model.config(), {0, 3, 0}));
}

TEST(Adapter, RefusesOptionsThatDoNotFit) {
  const Model model = RandomModel(SmallConfig(), 1);
  auto error = [&](const LoraOptions& options) {
    const auto adapter = Adapter::Create(model, options, 0);
    return adapter.has_value() ? "accepted" : adapter.error().message;
  };
  EXPECT_EQ(error({.ranks = {2, 2}}),
            "ranks has 2 entries, the model has 3 layers");
  EXPECT_EQ(error({.ranks = {2, -1, 2}}), "ranks[1] = -1 is negative");
  EXPECT_EQ(error({.ranks = {2, 2, 2}, .alpha = 0}),
            "alpha = 0.000000 is not positive");
  EXPECT_EQ(error({.ranks = {2, 2, 2}, .dropout = 1}),
            "dropout = 1.000000 is not in [0, 1)");
}

TEST(PadToUniformRank, IsTheSameFunctionWithOneRankAndScale) {
  const Model model = RandomModel(SmallConfig(), 1);
  for (auto policy : {LoraScalePolicy::kFixedAlpha,
                      LoraScalePolicy::kFixedAlphaOverRank,
                      LoraScalePolicy::kRankStabilised}) {
    const Adapter adapter = WithRandomB(
        Adapter::Create(model, {.ranks = {2, 0, 6}, .scale_policy = policy}, 5)
            .value());
    const auto padded = PadToUniformRank(adapter, model.config(), 8);
    ASSERT_TRUE(padded.has_value()) << padded.error().message;
    EXPECT_THAT(padded->ranks(), ElementsAre(8, 8, 8));
    const double scale = padded->modules().layers[0][0].scale;
    for (const auto& layer : padded->modules().layers) {
      for (const auto& module : layer) EXPECT_EQ(module.scale, scale);
    }
    // The order of sums in fp32.
    EXPECT_LT((Logits(model, &*padded) - Logits(model, &adapter))
                  .abs()
                  .max()
                  .item<double>(),
              1e-5);
  }
}

TEST(PadToUniformRank, KeepsEveryBitWhereScalesAreEqual) {
  const Model model = RandomModel(SmallConfig(), 1);
  const Adapter adapter = WithRandomB(
      Adapter::Create(model, {.ranks = {3, 3, 3}, .alpha = 7}, 5).value());
  const Adapter padded = PadToUniformRank(adapter, model.config(), 4).value();
  const auto& before = adapter.modules().layers[1][5];
  const auto& after = padded.modules().layers[1][5];
  EXPECT_EQ(after.scale, before.scale);
  EXPECT_TRUE(at::equal(after.a.narrow(0, 0, 3), before.a));
  EXPECT_TRUE(at::equal(after.b.narrow(1, 0, 3), before.b));
  EXPECT_EQ(after.a.narrow(0, 3, 1).abs().sum().item<double>(), 0);
}

TEST(PadToUniformRank, LeavesProjectionsAloneThatNoLayerAdapts) {
  const Model model = RandomModel(SmallConfig(), 1);
  auto modules = std::make_shared<LoraModules>(
      Adapter::Create(model, {.ranks = {2, 2, 4}}, 5)->modules());
  for (auto& layer : modules->layers) layer[4] = {};
  const Adapter padded =
      PadToUniformRank(Adapter(modules), model.config(), 4).value();
  EXPECT_FALSE(padded.modules().layers[0][4].defined());
  EXPECT_TRUE(padded.modules().layers[0][5].defined());
}

TEST(PadToUniformRank, RefusesARankBelowTheHighest) {
  const Model model = RandomModel(SmallConfig(), 1);
  const auto adapter = Adapter::Create(model, {.ranks = {2, 12, 2}}, 5);
  EXPECT_EQ(PadToUniformRank(*adapter, model.config(), 8).error().message,
            "a uniform rank of 8 is less than the adapter's highest rank, 12");
}

TEST(Merge, EqualsTheAdapterBesideTheWeights) {
  const Model model = RandomModel(SmallConfig(), 1);
  const at::Tensor before = Logits(model, nullptr);
  const Adapter adapter =
      WithRandomB(Adapter::Create(model, {.ranks = {2, 0, 6}}, 5).value());
  const auto merged = Merge(model, adapter);
  ASSERT_TRUE(merged.has_value());
  const at::Tensor adapted = Logits(model, &adapter);
  EXPECT_GT((adapted - before).abs().max().item<double>(), 0.05);
  EXPECT_LT((Logits(*merged, nullptr) - adapted).abs().max().item<double>(),
            1e-4);
  EXPECT_TRUE(at::equal(Logits(model, nullptr), before));
}

TEST(Merge, RefusesAnAdapterOfAnotherShape) {
  const Model model = RandomModel(SmallConfig(), 1);
  const auto adapter = Adapter::Create(model, {.ranks = {2, 2, 2}}, 5);
  LlamaConfig wider = SmallConfig();
  wider.layers[1].intermediate_size += 8;
  EXPECT_EQ(Merge(RandomModel(wider, 1), *adapter).error().message,
            "model.layers.1.mlp.gate_proj: A [2, 16] and B [16, 2] do not fit "
            "the model's 24 outputs and 16 inputs");
  wider.layers.pop_back();
  EXPECT_EQ(Merge(RandomModel(wider, 1), *adapter).error().message,
            "the adapter has 3 layers, the model 2");
}

TEST(Merge, RefusesWeightsThatAreNotFinite) {
  const Model model = RandomModel(SmallConfig(), 1);
  auto modules = std::make_shared<LoraModules>(
      Adapter::Create(model, {.ranks = {0, 2, 0}}, 5)->modules());
  modules->layers[1][2].b = at::full_like(modules->layers[1][2].b, INFINITY);
  EXPECT_EQ(Merge(model, Adapter(modules)).error().message,
            "model.layers.1.self_attn.v_proj: the merged weight is not finite");
}

}  // namespace
}  // namespace rankadaptor::llama
