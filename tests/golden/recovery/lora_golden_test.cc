// LoRA recoveries of real peft + transformers, repeated from the same initial
// adapter and batches. A run without a folder of adapters is not compared.
#include <fstream>

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/recovery.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/golden/recovery/golden_run.h"
#include "tests/golden/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using rankadaptor::testing::BatchesOf;
using rankadaptor::testing::Compared;
using rankadaptor::testing::ExpectLog;
using rankadaptor::testing::ExpectNlls;
using rankadaptor::testing::ExpectSameUpdate;
using rankadaptor::testing::ForEachRun;
using rankadaptor::testing::GoldenRun;
using rankadaptor::testing::OptionsOf;
using rankadaptor::testing::ReadJson;
using rankadaptor::testing::TemporaryFolder;

RecoveryResult Replay(const GoldenRun& run) {
  const auto initial =
      Adapter::Load(run.AdapterFolder("lora", "init"), run.model);
  std::vector<TokenBatch> batches = BatchesOf(run);
  batches.resize(run.file["adamw"]["total"].get<size_t>());
  return RecoverOnBatches(run.model, *initial, batches, OptionsOf(run)).value();
}

void ExpectFinalTensors(const GoldenRun& run, const Adapter& actual) {
  const auto initial =
      Adapter::Load(run.AdapterFolder("lora", "init"), run.model);
  const auto final =
      Adapter::Load(run.AdapterFolder("lora", "final"), run.model);
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
  ForEachRun("lora", "final", [](const GoldenRun& run) {
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
  ForEachRun("lora", "init", [](const GoldenRun& run) {
    const auto adapter =
        Adapter::Load(run.AdapterFolder("lora", "init"), run.model);
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
  ForEachRun("lora", "randB", [](const GoldenRun& run) {
    const auto adapter =
        Adapter::Load(run.AdapterFolder("lora", "randB"), run.model);
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
  ForEachRun("lora", "randB", [](const GoldenRun& run) {
    if (!run.data.contains("lora_randB_rslora_nll")) return;
    const fs::path source = run.AdapterFolder("lora", "randB");
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
  ForEachRun("lora", "final", [](const GoldenRun& run) {
    const fs::path source = run.AdapterFolder("lora", "final");
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
