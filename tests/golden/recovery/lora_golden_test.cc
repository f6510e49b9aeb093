// LoRA recoveries of real peft + transformers, repeated from the same initial
// adapter and batches. A run without a folder of adapters is not compared.
#include <fstream>
#include <functional>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/pruning.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/tokenizer.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/golden/support/golden.h"
#include "tests/golden/support/pruner_run.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using rankadaptor::testing::Compared;
using rankadaptor::testing::GoldenDir;
using rankadaptor::testing::GoldenFolders;
using rankadaptor::testing::KeptOf;
using rankadaptor::testing::ModelsDir;
using rankadaptor::testing::ReadJson;
using rankadaptor::testing::TemporaryFolder;

// golden/README: NLL 5e-6; loss 1e-5, gradient norm 1e-5 relative, final
// tensors 1e-4 of the update's norm.
constexpr double kNllTolerance = 5e-6;
constexpr double kLossTolerance = 1e-5;
constexpr double kGradNormTolerance = 1e-5;
constexpr double kUpdateTolerance = 1e-4;

// One entry of recover.json's "runs" with its model.
struct GoldenRun {
  std::string name;  // "pruned", "dense"
  fs::path folder;
  const json& file;
  const json& data;
  Model model;
  std::vector<std::vector<int32_t>> sentences;

  fs::path AdapterFolder(const std::string& stage) const {
    return folder / ("lora_" + name + "_" + stage);
  }
};

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

// Calls body(run) for every run whose adapter `stage` was kept.
void ForEachRun(const std::string& stage,
                const std::function<void(const GoldenRun&)>& body) {
  for (const fs::path& folder : GoldenFolders("recover")) {
    const fs::path model_folder = ModelsDir() / folder.filename();
    if (!fs::is_directory(model_folder)) continue;
    const json file = ReadJson(folder / "recover.json");
    const Model dense = Model::Load(model_folder, {}).value();
    const auto sentences = EncodeSentences(
        file["sentences"], Tokenizer::Load(model_folder).value());
    for (const auto& [name, data] : file["runs"].items()) {
      if (!fs::is_directory(folder / ("lora_" + name + "_" + stage))) continue;
      SCOPED_TRACE(folder.filename().string() + ", " + name);
      body(
          {name, folder, file, data, ModelOfRun(name, file, dense), sentences});
    }
  }
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

std::vector<TokenBatch> Batches(const GoldenRun& run) {
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

RecoveryResult Replay(const GoldenRun& run) {
  const auto initial = Adapter::Load(run.AdapterFolder("init"), run.model);
  std::vector<TokenBatch> batches = Batches(run);
  batches.resize(run.file["adamw"]["total"].get<size_t>());
  return RecoverOnBatches(run.model, *initial, batches, OptionsOf(run)).value();
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

// ||actual - final|| against the tolerance times ||final - initial||.
void ExpectSameUpdate(const at::Tensor& actual,
                      const at::Tensor& final,
                      const at::Tensor& initial) {
  const auto error = (actual - final).norm().item<double>();
  EXPECT_LE(error, kUpdateTolerance * (final - initial).norm().item<double>());
  Compared(actual.numel());
}

void ExpectFinalTensors(const GoldenRun& run, const Adapter& actual) {
  const auto initial = Adapter::Load(run.AdapterFolder("init"), run.model);
  const auto final = Adapter::Load(run.AdapterFolder("final"), run.model);
  for (size_t i = 0; i < actual.modules().layers.size(); ++i) {
    for (size_t p = 0; p < kNumProjections; ++p) {
      SCOPED_TRACE("layer " + std::to_string(i) + ", projection " +
                   std::to_string(p));
      const auto& module = actual.modules().layers[i][p];
      const auto& wanted = final->modules().layers[i][p];
      const auto& begin = initial->modules().layers[i][p];
      ExpectSameUpdate(module.a, wanted.a, begin.a);
      ExpectSameUpdate(module.b, wanted.b, begin.b);
    }
  }
}

TEST(GoldenRecovery, TrainingFollowsPeftStepByStep) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachRun("final", [](const GoldenRun& run) {
    const RecoveryResult result = Replay(run);
    ExpectLog(result.log, run.data["lora_log"]);
    ExpectFinalTensors(run, result.adapter);
    ExpectNlls(run, run.model, &result.adapter, "lora_nll_final");
    ExpectNlls(run,
               Merge(run.model, result.adapter).value(),
               nullptr,
               "lora_nll_final_merged");
  });
}

TEST(GoldenRecovery, InitialAdaptersHaveTheRanksGivenAndChangeNothing) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachRun("init", [](const GoldenRun& run) {
    const auto adapter = Adapter::Load(run.AdapterFolder("init"), run.model);
    ASSERT_TRUE(adapter.has_value()) << adapter.error().message;
    const auto ranks = run.file["ranks_per_layer"].get<std::vector<int>>();
    const auto trainable = run.data["lora_trainable"].get<int64_t>();
    EXPECT_EQ(adapter->ranks(), ranks);
    EXPECT_EQ(adapter->NumParameters(), trainable);
    EXPECT_EQ(NumAdapterParameters(run.model.config(), ranks), trainable);
    Compared(static_cast<int64_t>(ranks.size()) + 2);
    ExpectNlls(run, run.model, nullptr, "nll_before");
    ExpectNlls(run, run.model, &*adapter, "lora_nll_init");
  });
}

TEST(GoldenRecovery, RandomAdaptersScoreAndMergeAsInPeft) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachRun("randB", [](const GoldenRun& run) {
    const auto adapter = Adapter::Load(run.AdapterFolder("randB"), run.model);
    ASSERT_TRUE(adapter.has_value()) << adapter.error().message;
    const Model merged = Merge(run.model, *adapter).value();
    ExpectNlls(run, run.model, &*adapter, "lora_randB_nll");
    ExpectNlls(run, merged, nullptr, "lora_randB_nll_merged");
    const json& sums = run.data["lora_randB_merged_weight_sums"];
    for (const auto& [name, weight] :
         internal::NamedTensors(merged.transformer().weights())) {
      if (!sums.contains(name)) continue;
      const auto abs_sum = sums[name]["abs_sum"].get<double>();
      EXPECT_NEAR(weight.sum(at::kDouble).item<double>(),
                  sums[name]["sum"].get<double>(),
                  1e-6 * abs_sum)
          << name;
      EXPECT_NEAR(
          weight.abs().sum(at::kDouble).item<double>(), abs_sum, 1e-6 * abs_sum)
          << name;
      Compared(2);
    }
  });
}

TEST(GoldenRecovery, RankStabilisedAdaptersScoreAsInPeft) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachRun("randB", [](const GoldenRun& run) {
    if (!run.data.contains("lora_randB_rslora_nll")) return;
    const fs::path source = run.AdapterFolder("randB");
    const TemporaryFolder folder;
    fs::copy_file(source / "adapter_model.safetensors",
                  folder / "adapter_model.safetensors");
    json config = ReadJson(source / "adapter_config.json");
    config["use_rslora"] = true;
    std::ofstream(folder / "adapter_config.json") << config;
    const auto adapter = Adapter::Load(folder.path(), run.model);
    ASSERT_TRUE(adapter.has_value()) << adapter.error().message;
    ExpectNlls(run, run.model, &*adapter, "lora_randB_rslora_nll");
    ExpectNlls(run,
               Merge(run.model, *adapter).value(),
               nullptr,
               "lora_randB_rslora_nll_merged");
  });
}

TEST(GoldenRecovery, AdaptersAreWrittenAsPeftWritesThem) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachRun("final", [](const GoldenRun& run) {
    const fs::path source = run.AdapterFolder("final");
    const auto adapter = Adapter::Load(source, run.model);
    ASSERT_TRUE(adapter.has_value()) << adapter.error().message;
    const TemporaryFolder folder;
    ASSERT_TRUE(adapter->Save(folder.path(), "base").has_value());
    const char* tensors = "adapter_model.safetensors";
    EXPECT_TRUE(ReadFile(folder / tensors) == ReadFile(source / tensors))
        << "the tensor files differ";
    const json written = ReadJson(folder / "adapter_config.json");
    const json expected = ReadJson(source / "adapter_config.json");
    for (const auto& [key, value] : written.items()) {
      // Order of a list, a name of the test's, and what patterns overrule.
      if (key == "target_modules" || key == "base_model_name_or_path" ||
          key == "r" || key == "lora_alpha") {
        continue;
      }
      EXPECT_EQ(value, expected.value(key, json())) << key;
      Compared(1);
    }
    EXPECT_THAT(
        written["target_modules"],
        ::testing::UnorderedElementsAreArray(
            expected["target_modules"].get<std::vector<std::string>>()));
    Compared(static_cast<int64_t>(fs::file_size(folder / tensors)));
  });
}

}  // namespace
}  // namespace rankadaptor::llama
