#include "tests/golden/recovery/golden_run.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/tokenizer.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/golden/support/golden.h"
#include "tests/golden/support/pruner_run.h"

namespace rankadaptor::testing {
namespace {

namespace fs = std::filesystem;
namespace internal = llama::internal;
using llama::Adapter;
using llama::Model;
using llama::RecoveryOptions;
using llama::TokenBatch;
using llama::Tokenizer;
using llama::TrainingStep;
using nlohmann::json;

Model ModelOfRun(const std::string& run, const json& file, const Model& dense) {
  if (run != "pruned") return dense;
  const auto model_name = file["model"].get<std::string>();
  const json pruner =
      ReadJson(GoldenDir() / "pruner" / ("pruner_" + model_name + ".json"));
  const json& pruner_run =
      pruner["runs"][file["pruner_run"].get<std::string>()];
  return ApplyKept(dense, KeptOf(pruner_run, dense.config())).value();
}

std::vector<std::vector<int32_t>> EncodeSentences(const json& sentences,
                                                  const Tokenizer& tokenizer) {
  std::vector<std::vector<int32_t>> encoded;
  for (const json& sentence : sentences) {
    encoded.push_back(tokenizer.Encode(sentence.get<std::string>()).value());
    encoded.back().insert(encoded.back().begin(), tokenizer.bos_id());
  }
  return encoded;
}

double MeanNll(const Model& model,
               const Adapter* adapter,
               const std::vector<int32_t>& ids) {
  const c10::NoGradGuard no_gradients;
  internal::ForwardOptions options;
  if (adapter != nullptr) options.lora = &adapter->modules();
  at::Tensor row = at::tensor(ids).to(at::kLong).unsqueeze(0);
  const internal::LossSum loss = internal::NextTokenLoss(
      model.transformer(), model.transformer().HiddenStates(row, options), row);
  return loss.sum.item<double>() / static_cast<double>(loss.num_targets);
}

}  // namespace

void ForEachRun(const std::string& method,
                const std::string& stage,
                const std::function<void(const GoldenRun&)>& body) {
  for (const fs::path& folder : GoldenFolders("recover")) {
    const fs::path model_folder = ModelsDir() / folder.filename();
    if (!fs::is_directory(model_folder)) continue;
    const json file = ReadJson(folder / "recover.json");
    const Model dense = Model::Load(model_folder, {}).value();
    const auto sentences = EncodeSentences(
        file["sentences"], Tokenizer::Load(model_folder).value());
    for (const auto& [name, data] : file["runs"].items()) {
      if (!fs::is_directory(folder / (method + "_" + name + "_" + stage)))
        continue;
      SCOPED_TRACE(folder.filename().string() + ", " + name);
      body(
          {name, folder, file, data, ModelOfRun(name, file, dense), sentences});
    }
  }
}

void ExpectNlls(const GoldenRun& run,
                const Model& model,
                const Adapter* adapter,
                const std::string& key) {
  const json& expected = run.data[key];
  ASSERT_EQ(expected.size(), run.sentences.size()) << key;
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(MeanNll(model, adapter, run.sentences[i]),
                expected[i].get<double>(),
                kNllTolerance)
        << key << " " << i;
    Compared(1);
  }
}

std::vector<TokenBatch> BatchesOf(const GoldenRun& run) {
  std::vector<TokenBatch> batches;
  for (const json& entry : ReadJson(run.folder / "batches.json")) {
    TokenBatch& batch = batches.emplace_back();
    batch.num_rows = static_cast<int64_t>(entry["input_ids"].size());
    batch.row_length = static_cast<int64_t>(entry["input_ids"][0].size());
    auto append_rows = [&entry](const char* key, auto& to) {
      for (const json& row : entry[key]) {
        for (const json& value : row) to.push_back(value);
      }
    };
    append_rows("input_ids", batch.ids);
    append_rows("labels", batch.labels);
    append_rows("attention_mask", batch.attention_mask);
  }
  return batches;
}

RecoveryOptions OptionsOf(const GoldenRun& run) {
  const json& adamw = run.file["adamw"];
  RecoveryOptions options;
  options.learning_rate = adamw["lr"];
  options.warmup_steps = adamw["warmup"];
  options.max_grad_norm = adamw["clip"];
  options.adamw = {.beta1 = adamw["betas"][0],
                   .beta2 = adamw["betas"][1],
                   .epsilon = adamw["eps"],
                   .weight_decay = adamw["weight_decay"]};
  return options;
}

void ExpectLog(const std::vector<TrainingStep>& log, const json& expected) {
  ASSERT_EQ(log.size(), expected.size());
  for (size_t i = 0; i < log.size(); ++i) {
    const auto norm = expected[i]["grad_norm"].get<double>();
    EXPECT_EQ(log[i].step, expected[i]["step"].get<int64_t>());
    EXPECT_EQ(log[i].num_targets, expected[i]["n_targets"].get<int64_t>());
    EXPECT_NEAR(log[i].loss, expected[i]["loss"].get<double>(), kLossTolerance)
        << i;
    EXPECT_NEAR(log[i].grad_norm, norm, kGradNormTolerance * norm) << i;
    EXPECT_NEAR(log[i].learning_rate, expected[i]["lr"].get<double>(), 1e-12);
    Compared(5);
  }
}

void ExpectSameUpdate(const at::Tensor& actual,
                      const at::Tensor& final,
                      const at::Tensor& initial) {
  const auto error = (actual - final).norm().item<double>();
  EXPECT_LE(error, kUpdateTolerance * (final - initial).norm().item<double>());
  Compared(actual.numel());
}

}  // namespace rankadaptor::testing
