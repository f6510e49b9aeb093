// AdaLoRA recoveries of real peft, repeated from the same initial adapter and
// batches: budgets, thresholds and masks of all updates, not only the result.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/adalora.h"

#include "evaluators/llama/training/adalora_trainable.h"
#include "evaluators/llama/training/recovery_loop.h"
#include "tests/golden/recovery/golden_run.h"
#include "tests/golden/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using internal::AdaLoraTrainable;
using internal::SvdModule;
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

AdaLoraAdapter Load(const GoldenRun& run, const std::string& stage) {
  auto adapter =
      AdaLoraAdapter::Load(run.AdapterFolder("adalora", stage), run.model);
  EXPECT_TRUE(adapter.has_value()) << adapter.error().message;
  return *adapter;
}

AdaLoraSchedule ScheduleOf(const GoldenRun& run) {
  const json& config = run.data["adalora_config"];
  return {.total_updates = config["total_step"],
          .initial_updates = config["tinit"],
          .final_updates = config["tfinal"],
          .interval = config["deltaT"]};
}

std::vector<TokenBatch> TrainingBatches(const GoldenRun& run) {
  std::vector<TokenBatch> batches = BatchesOf(run);
  batches.resize(run.file["adamw"]["total"].get<size_t>());
  return batches;
}

// E's that are not zero, in order of the modules.
std::vector<int64_t> NonzeroDirections(const AdaLoraTrainable& trainable) {
  std::vector<int64_t> counts;
  internal::ForEachAdapted(trainable.modules(), [&](const SvdModule& module) {
    counts.push_back(module.e.count_nonzero().item<int64_t>());
  });
  return counts;
}

std::vector<int> Values(const at::Tensor& mask) {
  std::vector<int> values;
  for (int64_t i = 0; i < mask.numel(); ++i) {
    values.push_back(mask[i].item<bool>() ? 1 : 0);
  }
  return values;
}

// The masks are keyed by name, and the file's order is that of the modules.
void ExpectMasks(const AdaLoraTrainable& trainable, const json& expected) {
  size_t module = 0;
  for (int layer = 0; layer < std::ssize(trainable.modules().layers); ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      const std::string name = "model.layers." + std::to_string(layer) + "." +
                               ProjectionName(static_cast<Projection>(p)) +
                               ".lora_E.default";
      EXPECT_EQ(Values(trainable.masks()[module++]),
                expected[name].get<std::vector<int>>())
          << name;
      Compared(std::ssize(expected[name]));
    }
  }
}

void ExpectThreshold(const AdaLoraAllocation& actual, const json& expected) {
  EXPECT_NEAR(actual.threshold / expected["threshold"].get<double>(), 1, 2e-4);
  Compared(1);
}

void ExpectAllocation(const AdaLoraTrainable& trainable,
                      const AdaLoraSchedule& schedule,
                      const json& expected) {
  const auto step = expected["step"].get<int64_t>();
  SCOPED_TRACE("update " + std::to_string(step));
  const auto num_modules = std::ssize(trainable.masks());
  EXPECT_EQ(
      AdaLoraBudget(trainable.modules().options, schedule, num_modules, step),
      expected["budget"].get<int64_t>());
  EXPECT_EQ(NonzeroDirections(trainable),
            expected["nonzero_E_per_matrix"].get<std::vector<int64_t>>());
  Compared(1 + num_modules);
  if (expected.contains("threshold")) {
    ASSERT_FALSE(trainable.allocations().empty());
    EXPECT_EQ(trainable.allocations().back().step, step);
    ExpectThreshold(trainable.allocations().back(), expected["threshold"]);
  }
  if (expected.contains("rank_pattern")) {
    ExpectMasks(trainable, expected["rank_pattern"]);
  }
}

TEST(GoldenAdaLora, EveryUpdateAllocatesAsPeftDoes) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachRun("adalora", "init", [](const GoldenRun& run) {
    const AdaLoraSchedule schedule = ScheduleOf(run);
    AdaLoraTrainable trainable(Load(run, "init").modules(), schedule);
    const std::vector<TokenBatch> batches = TrainingBatches(run);
    const json& expected = run.data["adalora_log"];
    const TrainingHooks hooks = {.observer = [&](const TrainingStep& step) {
      ExpectAllocation(
          trainable, schedule, expected[static_cast<size_t>(step.step)]);
    }};
    const RecoveryOptions options = OptionsOf(run);
    const auto updates = internal::UpdatesOf(
        run.model, std::span<const TokenBatch>(batches), options);
    const auto log =
        internal::RunRecovery(run.model, *updates, options, hooks, trainable);
    ASSERT_TRUE(log.has_value()) << log.error().message;
    ExpectLog(log->steps, expected);
  });
}

void ExpectFinalTensors(const GoldenRun& run, const AdaLoraAdapter& actual) {
  const AdaLoraAdapter initial = Load(run, "init");
  const AdaLoraAdapter final = Load(run, "final");
  for (size_t i = 0; i < actual.modules().layers.size(); ++i) {
    for (size_t p = 0; p < kNumProjections; ++p) {
      SCOPED_TRACE("layer " + std::to_string(i) + ", projection " +
                   std::to_string(p));
      const SvdModule& module = actual.modules().layers[i][p];
      const SvdModule& wanted = final.modules().layers[i][p];
      const SvdModule& begin = initial.modules().layers[i][p];
      ASSERT_EQ(module.kept, wanted.kept);
      std::vector<int64_t> kept;
      for (size_t k = 0; k < module.kept.size(); ++k) {
        if (module.kept[k]) kept.push_back(static_cast<int64_t>(k));
      }
      const at::Tensor rows = at::tensor(kept, at::kLong);
      ExpectSameUpdate(module.a, wanted.a, begin.a.index_select(0, rows));
      ExpectSameUpdate(module.e, wanted.e, begin.e.index_select(0, rows));
      ExpectSameUpdate(module.b, wanted.b, begin.b.index_select(1, rows));
    }
  }
}

TEST(GoldenAdaLora, TrainingEndsWithPeftsRanksAndMatrices) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachRun("adalora", "final", [](const GoldenRun& run) {
    const auto result = RecoverAdaLoraOnBatches(
        run.model, Load(run, "init"), TrainingBatches(run), OptionsOf(run));
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(result->schedule, ScheduleOf(run));
    ExpectLog(result->log, run.data["adalora_log"]);
    ExpectFinalTensors(run, result->adapter);
    const Adapter lora = result->adapter.ToLora();
    ExpectNlls(run, run.model, &lora, "adalora_nll_final");
    ExpectNlls(run,
               Merge(run.model, lora).value(),
               nullptr,
               "adalora_nll_final_merged");
  });
}

TEST(GoldenAdaLora, PeftsAdaptersScoreAsInPeft) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachRun("adalora", "final", [](const GoldenRun& run) {
    ExpectNlls(run, run.model, nullptr, "nll_before");
    for (const auto& [stage, key] : {std::pair("init", "adalora_nll_init"),
                                     std::pair("final", "adalora_nll_final")}) {
      // By the general way in, as `eval --adapter` loads it.
      const auto adapter =
          Adapter::Load(run.AdapterFolder("adalora", stage), run.model);
      ASSERT_TRUE(adapter.has_value()) << adapter.error().message;
      ExpectNlls(run, run.model, &*adapter, key);
    }
  });
}

// E of every direction, zeros where it was taken away.
TEST(GoldenAdaLora, FinalFactorsAreThoseOfTheLog) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachRun("adalora", "final", [](const GoldenRun& run) {
    const AdaLoraAdapter adapter = Load(run, "final");
    size_t num_modules = 0;
    for (const auto& [name, expected] : run.data["adalora_final_E"].items()) {
      const auto layer = static_cast<size_t>(
          std::stoi(name.substr(std::string("model.layers.").size())));
      for (size_t p = 0; p < kNumProjections; ++p) {
        const std::string projection =
            ProjectionName(static_cast<Projection>(p));
        if (name.find(projection) == std::string::npos) continue;
        const SvdModule& module = adapter.modules().layers[layer][p];
        int64_t next = 0;
        for (size_t k = 0; k < module.kept.size(); ++k) {
          const float value =
              module.kept[k] ? module.e[next++][0].item<float>() : 0.0F;
          EXPECT_EQ(value, expected[k].get<float>()) << name << " " << k;
        }
        Compared(std::ssize(module.kept));
        ++num_modules;
      }
    }
    EXPECT_EQ(num_modules, adapter.modules().layers.size() * kNumProjections);
  });
}

TEST(GoldenAdaLora, AdaptersAreWrittenAsPeftWritesThem) {
  RA_SKIP_WITHOUT_GOLDEN();
  ForEachRun("adalora", "final", [](const GoldenRun& run) {
    const fs::path source = run.AdapterFolder("adalora", "final");
    const TemporaryFolder folder;
    ASSERT_TRUE(Load(run, "final")
                    .Save(folder.path(), "base", ScheduleOf(run))
                    .has_value());
    const char* tensors = "adapter_model.safetensors";
    EXPECT_TRUE(ReadFile(folder / tensors) == ReadFile(source / tensors))
        << "the tensor files differ";
    const json written = ReadJson(folder / "adapter_config.json");
    const json expected = ReadJson(source / "adapter_config.json");
    for (const auto& [key, value] : written.items()) {
      // Order of a list, and a name of the test's.
      if (key == "target_modules" || key == "base_model_name_or_path") continue;
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
