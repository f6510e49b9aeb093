// LLaMA parts of configs: what is given is taken, what is left out keeps the
// default of the option struct.
#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/v1/recover.pb.h"

#include "runners/config/config_reader.h"
#include "runners/llama/configured_pruning.h"
#include "runners/llama/configured_recovery.h"
#include "runners/llama/configured_scoring.h"
#include "runners/llama/llama_options.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Recovery Recovery(const std::string& fields) {
  v1::RecoverConfig config;
  auto source = ReadConfig("{schema_revision: 1, recovery: {" + fields + "}}",
                           "recover.yaml",
                           {},
                           &config);
  EXPECT_TRUE(source) << source.error().message;
  return config.recovery();
}

TEST(RecoveryConfig, LeavesDefaultsAlone) {
  const v1::Recovery config = Recovery("data: {text: a.txt}");
  const llama::RecoveryOptions defaults;
  const llama::RecoveryOptions options = RecoveryOptionsFrom(config);
  EXPECT_EQ(options.batch_size, defaults.batch_size);
  EXPECT_EQ(options.epochs, defaults.epochs);
  EXPECT_EQ(options.steps, defaults.steps);
  EXPECT_EQ(options.learning_rate, defaults.learning_rate);
  EXPECT_EQ(options.decay, defaults.decay);
  EXPECT_EQ(options.loss_weighting, defaults.loss_weighting);
  const llama::LoraOptions lora = LoraOptionsFrom(config, {1, 2});
  EXPECT_EQ(lora.alpha, llama::LoraOptions().alpha);
  EXPECT_EQ(lora.dropout, llama::LoraOptions().dropout);
  EXPECT_EQ(lora.scale_policy, llama::LoraOptions().scale_policy);
  EXPECT_THAT(lora.ranks, ElementsAre(1, 2));
}

TEST(RecoveryConfig, TakesWhatIsGiven) {
  const v1::Recovery config = Recovery(
      "data: {text: a.txt}, steps: 7, batch_size: 3, micro_batch_size: 2, "
      "learning_rate: 0.5, warmup_steps: 0, decay: cosine, weight_decay: 0.25, "
      "max_grad_norm: 0, loss_weighting: per_micro_batch, "
      "lora: {alpha: 4, dropout: 0, scale_policy: rank_stabilised}");
  const llama::RecoveryOptions options = RecoveryOptionsFrom(config);
  EXPECT_EQ(options.steps, 7);
  EXPECT_EQ(options.batch_size, 3);
  EXPECT_EQ(options.micro_batch_size, 2);
  EXPECT_EQ(options.learning_rate, 0.5);
  EXPECT_EQ(options.warmup_steps, 0);
  EXPECT_EQ(options.decay, llama::LearningRateDecay::kCosine);
  EXPECT_EQ(options.adamw.weight_decay, 0.25);
  EXPECT_EQ(options.max_grad_norm, 0);
  EXPECT_EQ(options.loss_weighting, llama::LossWeighting::kPerMicroBatch);
  const llama::LoraOptions lora = LoraOptionsFrom(config, {});
  EXPECT_EQ(lora.alpha, 4);
  EXPECT_EQ(lora.dropout, 0);
  EXPECT_EQ(lora.scale_policy, llama::LoraScalePolicy::kRankStabilised);
}

TEST(RecoveryConfig, FieldsOfAnotherKindOfDataAreRefused) {
  const ConfigSource source("recover.yaml");
  const ConfigField field = ConfigField(source)["data"];
  const char* misfits[] = {"data: {alpaca: a, document_separator: x}",
                           "data: {alpaca: a, append_eos: true}",
                           "data: {jsonl: a, prompt_style: alpaca}",
                           "data: {text: a, train_on_inputs: true}"};
  for (const char* misfit : misfits) {
    const v1::Recovery config = Recovery(misfit);
    Status status = CheckRecoveryData(config.data(), field);
    ASSERT_FALSE(status) << misfit;
    EXPECT_THAT(status.error().message, HasSubstr("only")) << misfit;
  }
}

TEST(RecoveryConfig, CountsStepsRowsAndTokens) {
  llama::RecoveryData data;
  data.rows.assign(10, {.ids = {1, 2, 3, 4}, .labels = {1, 2, 3, 4}});
  llama::RecoveryOptions options;
  options.batch_size = 5;
  options.steps = 3;
  EXPECT_EQ(RecoveryText(data, options),
            "3 steps of 5 of 10 rows, about 60 tokens");
}

TEST(PruningConfig, BackwardsRangesAreNamed) {
  v1::Pruning pruning;
  v1::WidthPruning& width = *pruning.mutable_width();
  width.mutable_attention_layers()->set_start(2);
  width.mutable_attention_layers()->set_end(2);
  const ConfigSource source("prune.yaml");
  Status status = CheckPruning(pruning, ConfigField(source)["pruning"]);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message,
            "prune.yaml: pruning.width.attention_layers starts at layer 2 and "
            "ends before layer 2; allowed: start below end");
}

TEST(ScoringConfig, TaskFilesAreRelativeToTheConfigAndShortened) {
  rankadaptor::testing::TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(
      folder / "where.yaml",
      "name: where\ndata: where.jsonl\ncontext: '{q}'\nchoices: c\ngold: g\n"));
  std::string documents;
  for (int i = 0; i < 5; ++i) {
    documents += "{\"q\": \"q\", \"c\": [\"a\", \"b\"], \"g\": 1}\n";
  }
  ASSERT_TRUE(WriteFileAtomically(folder / "where.jsonl", documents));
  v1::Scoring scoring;
  scoring.add_tasks("where.yaml");
  scoring.set_limit(3);
  const ConfigSource source((folder / "search.yaml").string());
  auto tasks = LoadTasks(scoring, ConfigField(source)["scoring"]);
  ASSERT_TRUE(tasks) << tasks.error().message;
  EXPECT_EQ((*tasks)[0].name, "where");
  EXPECT_EQ((*tasks)[0].documents.size(), 3);
}

TEST(ScoringConfig, NeedsSomethingToScore) {
  const ConfigSource source("search.yaml");
  Status status = CheckHeldoutTexts({}, ConfigField(source)["scoring"]);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message,
            "search.yaml: scoring needs tasks or heldout_texts");
}

}  // namespace
}  // namespace rankadaptor::runners
