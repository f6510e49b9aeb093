// The code of the GPU test at a tiny shape on the CPU.
#include <gmock/gmock.h>

#include "tests/gpu/pipeline.h"

namespace rankadaptor::testing {
namespace {

using ::testing::HasSubstr;

TEST(TinyPipeline, PrunesRecoversAndScoresOnTheCpu) {
  for (const llama::Dtype dtype :
       {llama::Dtype::kFloat32, llama::Dtype::kBFloat16}) {
    PipelineOptions options;
    options.config.vocab_size = 48;
    options.config.hidden_size = 16;
    options.config.head_dim = 4;
    options.config.layers.assign(4, {4, 4, 24});
    options.config.max_position_embeddings = 64;
    options.dtype = dtype;
    options.pruning = {
        .ratio = 0.5, .attention_layers = {1, 3}, .mlp_layers = {1, 3}};
    options.calibration_tokens = 12;
    options.row_tokens = 16;
    options.batch_size = 4;
    options.micro_batch_size = 2;
    options.updates = 20;
    options.num_requests = 6;
    options.rank = 2;
    const auto report = RunPipeline(options);
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_LT(report->parameters_after, report->parameters_before);
    EXPECT_LT(report->last_loss, report->first_loss);
    EXPECT_GT(report->peak_bytes, 0);
    EXPECT_THAT(report->Text(), HasSubstr("tokens/s"));
  }
}

}  // namespace
}  // namespace rankadaptor::testing
