#include <algorithm>

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/llama/generation.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/support/random_model.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using ::testing::HasSubstr;

using Ids = std::vector<int32_t>;

// A model that never ends a text.
Model EndlessModel() {
  LlamaConfig config = SmallConfig();
  config.eos_token_ids.clear();
  return RandomModel(config, 1);
}

Ids MustGenerate(const Model& model,
                 const Ids& prompt,
                 const GenerationOptions& options,
                 const Adapter* adapter = nullptr) {
  const auto generation = Generate(model, adapter, prompt, options);
  EXPECT_TRUE(generation.has_value()) << generation.error().message;
  return generation->ids;
}

// The likeliest tokens by passes over everything, without a cache.
Ids GreedyWithoutCache(const Model& model, Ids ids, int64_t count) {
  const size_t begin = ids.size();
  for (int64_t i = 0; i < count; ++i) {
    const std::vector<float> logits = model.Logits(ids).value();
    const auto last = logits.end() - model.config().vocab_size;
    ids.push_back(
        static_cast<int32_t>(std::max_element(last, logits.end()) - last));
  }
  return {ids.begin() + static_cast<ptrdiff_t>(begin), ids.end()};
}

TEST(Generate, GreedyIsWhatPassesWithoutACacheGive) {
  const Model model = EndlessModel();
  for (const Ids& prompt : {Ids{1}, Ids{3, 9, 4, 17, 2}}) {
    EXPECT_EQ(MustGenerate(model, prompt, {.max_new_tokens = 20}),
              GreedyWithoutCache(model, prompt, 20));
  }
}

TEST(Generate, SlidingWindowsHoldBehindTheCacheToo) {
  LlamaConfig config = SmallConfig();
  config.eos_token_ids.clear();
  const Ids prompt = {3, 9, 4, 17, 2};
  int num_different = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    config.sliding_window.reset();
    const Ids full = GreedyWithoutCache(RandomModel(config, seed), prompt, 20);
    config.sliding_window = 3;
    const Model model = RandomModel(config, seed);
    const Ids windowed = MustGenerate(model, prompt, {.max_new_tokens = 20});
    EXPECT_EQ(windowed, GreedyWithoutCache(model, prompt, 20));
    if (windowed != full) ++num_different;
  }
  EXPECT_GT(num_different, 0);
}

TEST(Generate, AdaptersAreUsed) {
  const Model model = EndlessModel();
  Adapter adapter =
      Adapter::Create(model, {.ranks = {2, 2, 2}, .dropout = 0}, 1).value();
  // B is zero before training: nothing changes.
  const Ids plain = MustGenerate(model, {1, 5}, {.max_new_tokens = 12});
  EXPECT_EQ(MustGenerate(model, {1, 5}, {.max_new_tokens = 12}, &adapter),
            plain);
  for (const auto& layer : adapter.modules().layers) {
    for (const auto& module : layer) {
      at::Tensor b = module.b;
      b.fill_(0.5);
    }
  }
  const Model merged = Merge(model, adapter).value();
  const Ids adapted =
      MustGenerate(model, {1, 5}, {.max_new_tokens = 12}, &adapter);
  EXPECT_EQ(adapted, GreedyWithoutCache(merged, {1, 5}, 12));
  EXPECT_NE(adapted, plain);
}

TEST(Generate, RepeatsItselfForOneSeed) {
  const Model model = EndlessModel();
  GenerationOptions options = {
      .max_new_tokens = 30, .temperature = 1, .top_k = 20, .top_p = 0.95};
  const Ids first = MustGenerate(model, {1}, options);
  EXPECT_EQ(MustGenerate(model, {1}, options), first);
  options.seed = 1;
  EXPECT_NE(MustGenerate(model, {1}, options), first);
}

TEST(Generate, StopsAtEos) {
  const Ids endless = MustGenerate(EndlessModel(), {1}, {.max_new_tokens = 10});
  LlamaConfig config = SmallConfig();
  config.eos_token_ids = {endless[4]};
  const auto generation =
      Generate(RandomModel(config, 1), nullptr, Ids{1}, {.max_new_tokens = 10});
  EXPECT_TRUE(generation->ended);
  const auto end = std::ranges::find(endless, endless[4]);
  EXPECT_EQ(generation->ids, Ids(endless.begin(), end));
}

TEST(Generate, RefusesByName) {
  const Model model = EndlessModel();
  auto message = [&](const Ids& prompt, const GenerationOptions& options) {
    return Generate(model, nullptr, prompt, options).error().message;
  };
  EXPECT_THAT(message({}, {}), HasSubstr("the prompt has no tokens"));
  EXPECT_THAT(message({99}, {}), HasSubstr("token 99 is not in"));
  EXPECT_THAT(message({1}, {.max_new_tokens = 0}),
              HasSubstr("max_new_tokens = 0"));
  EXPECT_THAT(message({1}, {.temperature = -1}), HasSubstr("temperature = -1"));
  EXPECT_THAT(message({1}, {.top_k = -1}), HasSubstr("top_k = -1"));
  EXPECT_THAT(message({1}, {.top_p = 0}), HasSubstr("top_p = 0"));
  CancellationFlag flag;
  flag.Cancel();
  EXPECT_EQ(
      Generate(model, nullptr, Ids{1}, {.cancellation = &flag}).error().code,
      ErrorCode::kCancelled);
}

}  // namespace
}  // namespace rankadaptor::llama
