#include "rankadaptor/llama/nested_recovery.h"

#include <set>

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "evaluators/llama/model/transformer.h"
#include "tests/support/random_model.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using ::testing::HasSubstr;

RecoveryData PatternData() {
  RecoveryData data;
  for (int i = 0; i < 12; ++i) {
    std::vector<int32_t> ids;
    for (int t = 0; t < 3 + i % 7; ++t) ids.push_back(1 + (i + 5 * t) % 31);
    data.rows.push_back({ids, ids});
  }
  return data;
}

RecoveryOptions Options() {
  RecoveryOptions options;
  options.batch_size = options.micro_batch_size = 6;
  options.steps = 12;
  options.learning_rate = 1e-2;
  options.warmup_steps = 1;
  return options;
}

ModuleRanks Always(const std::vector<int>& ranks) { return PerModule(ranks); }

TEST(RecoverNested, IsPlainRecoveryWhereTheRanksNeverChange) {
  const Model model = RandomModel(SmallConfig(), 1);
  const LoraOptions lora = {.ranks = {2, 3, 4}, .dropout = 0};
  const auto nested = RecoverNested(
      model,
      lora,
      [](RandomStream&) {
        return Always({2, 3, 4});
      },
      PatternData(),
      Options());
  ASSERT_TRUE(nested.has_value()) << nested.error().message;
  const auto plain = Recover(model,
                             *Adapter::Create(model, lora, Options().seed),
                             PatternData(),
                             Options());
  for (size_t p = 0; p < kNumProjections; ++p) {
    EXPECT_TRUE(at::allclose(nested->adapter.modules().layers[1][p].b,
                             plain->adapter.modules().layers[1][p].b,
                             1e-5,
                             1e-7));
  }
}

TEST(RecoverNested, TrainsTheLeadingRowsAlone) {
  const Model model = RandomModel(SmallConfig(), 1);
  const LoraOptions lora = {.ranks = {4, 4, 4}, .dropout = 0};
  const auto nested = RecoverNested(
      model,
      lora,
      [](RandomStream&) {
        return Always({2, 0, 4});
      },
      PatternData(),
      Options());
  ASSERT_TRUE(nested.has_value()) << nested.error().message;
  const auto& layers = nested->adapter.modules().layers;
  EXPECT_GT(layers[0][0].b.narrow(1, 0, 2).abs().max().item<float>(), 0);
  EXPECT_EQ(layers[0][0].b.narrow(1, 2, 2).abs().max().item<float>(), 0);
  EXPECT_EQ(layers[1][0].b.abs().max().item<float>(), 0);
  EXPECT_GT(layers[2][0].b.narrow(1, 3, 1).abs().max().item<float>(), 0);
}

TEST(RecoverNested, DrawsOtherRanksForEachUpdate) {
  const Model model = RandomModel(SmallConfig(), 1);
  std::set<int64_t> draws;
  const auto nested = RecoverNested(
      model,
      {.ranks = {4, 4, 4}},
      [&](RandomStream& stream) {
        const auto rank = static_cast<int>(stream.UniformInt(1, 4));
        draws.insert(rank);
        return Always({rank, rank, rank});
      },
      PatternData(),
      Options());
  ASSERT_TRUE(nested.has_value());
  EXPECT_GT(draws.size(), 1U);
}

TEST(Truncate, KeepsLeadingRowsAndScalesThemByTheirRank) {
  const Model model = RandomModel(SmallConfig(), 1);
  const LoraOptions lora = {.ranks = {4, 4, 4}, .alpha = 16};
  const Adapter whole = Adapter::Create(model, lora, 1).value();
  ModuleRanks ranks = PerModule({2, 0, 4});
  ranks[2][3] = 1;
  const auto truncated = Truncate(whole, lora, ranks);
  ASSERT_TRUE(truncated.has_value()) << truncated.error().message;
  const auto& layers = truncated->modules().layers;
  EXPECT_TRUE(at::equal(layers[0][5].a,
                        whole.modules().layers[0][5].a.narrow(0, 0, 2)));
  EXPECT_EQ(layers[0][5].scale, 8);
  EXPECT_FALSE(layers[1][0].defined());
  EXPECT_EQ(layers[2][3].a.size(0), 1);
  EXPECT_EQ(layers[2][3].scale, 16);
  EXPECT_THAT(Truncate(whole, lora, PerModule({2, 5, 4})).error().message,
              HasSubstr("model.layers.1.self_attn.q_proj: rank 5 is not in"));
}

}  // namespace
}  // namespace rankadaptor::llama
