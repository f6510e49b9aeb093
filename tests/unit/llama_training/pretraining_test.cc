#include "rankadaptor/llama/pretraining.h"

#include <gtest/gtest.h>

namespace rankadaptor::llama {
namespace {

LlamaConfig TinyConfig() {
  LlamaConfig config;
  config.vocab_size = 16;
  config.hidden_size = 16;
  config.head_dim = 4;
  config.layers.assign(2, {4, 2, 24});
  config.tie_word_embeddings = true;
  return config;
}

// Counting up in steps of one or two: learnable from the last two ids.
std::vector<std::vector<int32_t>> CountingDocuments() {
  std::vector<std::vector<int32_t>> documents;
  for (int start = 3; start < 6; ++start) {
    for (int step : {1, 2}) {
      std::vector<int32_t> ids;
      for (int id = start; id < 16; id += step) ids.push_back(id);
      documents.push_back(ids);
    }
  }
  return documents;
}

PretrainingOptions FastOptions() {
  PretrainingOptions options;
  options.steps = 120;
  options.tokens_per_batch = 64;
  options.row_length = 16;
  options.learning_rate = 2e-2;
  options.warmup_steps = 5;
  return options;
}

TEST(Pretrain, LearnsToCount) {
  std::vector<TrainingStep> log;
  const auto model = Pretrain(
      TinyConfig(),
      CountingDocuments(),
      FastOptions(),
      {.observer = [&](const TrainingStep& step) { log.push_back(step); }});
  ASSERT_TRUE(model.has_value()) << model.error().message;
  ASSERT_EQ(log.size(), 120U);
  EXPECT_NEAR(log.front().loss, 2.77, 0.2);  // log 16: nothing known yet
  EXPECT_LT(log.back().loss, 1.0);
  EXPECT_EQ(log.front().learning_rate, 0);
  EXPECT_GT(log.front().grad_norm, 0);
  EXPECT_EQ(log[7].step, 7);
  // 1 (BOS) 3 5: the next is 7.
  const auto logits = model->Logits({1, 3, 5});
  ASSERT_TRUE(logits.has_value());
  const auto last = logits->end() - 16;
  EXPECT_EQ(std::max_element(last, logits->end()) - last, 7);
}

TEST(Pretrain, RepeatsItselfForOneSeedOnly) {
  PretrainingOptions options = FastOptions();
  options.steps = 3;
  auto nlls = [&](uint64_t seed) {
    options.seed = seed;
    return Pretrain(TinyConfig(), CountingDocuments(), options)
        ->TokenNlls({1, 3, 4, 5})
        .value();
  };
  EXPECT_EQ(nlls(1), nlls(1));
  EXPECT_NE(nlls(1), nlls(2));
}

TEST(Pretrain, TrainsAnUntiedOutputMatrix) {
  LlamaConfig config = TinyConfig();
  config.tie_word_embeddings = false;
  const auto model = Pretrain(config, CountingDocuments(), FastOptions());
  ASSERT_TRUE(model.has_value());
  const auto nlls = model->TokenNlls({1, 3, 5, 7, 9, 11});
  EXPECT_LT(nlls->back(), 0.7);
}

TEST(Pretrain, StopsWhenCancelled) {
  CancellationFlag flag;
  const auto model = Pretrain(TinyConfig(),
                              CountingDocuments(),
                              FastOptions(),
                              {.observer =
                                   [&](const TrainingStep& step) {
                                     if (step.step == 4) flag.Cancel();
                                   },
                               .cancellation = &flag});
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(model.error().message, "training was cancelled before update 5");
}

TEST(Pretrain, NamesTheUpdateThatDiverged) {
  PretrainingOptions options = FastOptions();
  options.learning_rate = 1e30;
  options.warmup_steps = 0;
  const auto model = Pretrain(TinyConfig(), CountingDocuments(), options);
  ASSERT_FALSE(model.has_value());
  EXPECT_TRUE(model.error().message.starts_with("update 1: the "))
      << model.error().message;
}

std::string RefusalOf(const LlamaConfig& config,
                      const std::vector<std::vector<int32_t>>& documents,
                      const PretrainingOptions& options) {
  const auto model = Pretrain(config, documents, options);
  return model.has_value() ? "accepted" : model.error().message;
}

TEST(Pretrain, RefusesBadInputByName) {
  EXPECT_EQ(RefusalOf(TinyConfig(), {}, FastOptions()),
            "there are no documents");
  EXPECT_EQ(RefusalOf(TinyConfig(), {{3, 16}}, FastOptions()),
            "document 0: id 16 is not in the vocabulary of 16");
  PretrainingOptions options = FastOptions();
  options.steps = 0;
  EXPECT_EQ(RefusalOf(TinyConfig(), {{3}}, options),
            "steps = 0 is less than 1");
  LlamaConfig config = TinyConfig();
  config.layers[1].num_kv_heads = 3;
  EXPECT_EQ(RefusalOf(config, {{3}}, FastOptions()),
            "num_heads = 4 is not a multiple of num_kv_heads = 3");
}

}  // namespace
}  // namespace rankadaptor::llama
