// The main job at the size it is for: LLaMA-7B's shape in bf16 on one card.
#include <cstdio>

#include <gtest/gtest.h>

#include "tests/gpu/pipeline.h"

namespace rankadaptor::testing {
namespace {

llama::LlamaConfig SevenB() {
  llama::LlamaConfig config;
  config.vocab_size = 32000;
  config.hidden_size = 4096;
  config.head_dim = 128;
  config.layers.assign(32, {32, 32, 11008});
  config.rms_norm_eps = 1e-6;
  config.max_position_embeddings = 2048;
  config.tie_word_embeddings = false;
  return config;
}

TEST(GpuPipeline, PrunesRecoversAndScoresSevenBillionParameters) {
  if (!llama::OpenDevice(llama::DeviceKind::kCuda)) {
    GTEST_SKIP() << "no CUDA device";
  }
  PipelineOptions options;
  options.config = SevenB();
  options.device = llama::DeviceKind::kCuda;
  options.pruning = {
      .ratio = 0.25, .attention_layers = {4, 30}, .mlp_layers = {4, 30}};
  const auto report = RunPipeline(options);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  std::printf("%s\n", report->Text().c_str());
  EXPECT_EQ(report->parameters_before, 6738415616);
  EXPECT_EQ(report->parameters_after, 5422977024);
  EXPECT_LT(report->last_loss, report->first_loss);
}

}  // namespace
}  // namespace rankadaptor::testing
