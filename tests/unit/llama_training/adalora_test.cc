#include "rankadaptor/llama/adalora.h"

#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/recovery_method.h"

#include "evaluators/llama/training/adalora_trainable.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

using internal::AdaLoraTrainable;
using internal::SvdModule;
using internal::SvdModules;
using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using rankadaptor::testing::TemporaryFolder;
using ::testing::HasSubstr;

Model SmallModel() { return RandomModel(SmallConfig(), 1); }

RecoveryData PatternData() {
  RecoveryData data;
  for (int i = 0; i < 12; ++i) {
    std::vector<int32_t> ids;
    for (int t = 0; t < 3 + i % 7; ++t) ids.push_back(1 + (i + 5 * t) % 31);
    data.rows.push_back({ids, ids});
  }
  return data;
}

RecoveryOptions FastOptions() {
  RecoveryOptions options;
  options.batch_size = 4;
  options.micro_batch_size = 4;
  options.steps = 20;
  options.learning_rate = 1e-2;
  options.warmup_steps = 2;
  return options;
}

std::string MessageOf(const AdaLoraOptions& options, int64_t total_updates) {
  const auto schedule = MakeAdaLoraSchedule(options, total_updates);
  return schedule ? "" : schedule.error().message;
}

TEST(AdaLoraSchedule, FallsByACubicFromTheFirstBudgetToTheLast) {
  const AdaLoraOptions options = {.initial_updates = 2, .final_updates = 4};
  const AdaLoraSchedule schedule = *MakeAdaLoraSchedule(options, 20);
  auto budget = [&](int64_t step) {
    return AdaLoraBudget(options, schedule, 10, step);
  };
  EXPECT_EQ(budget(0), 120);
  EXPECT_EQ(budget(2), 120);
  EXPECT_EQ(budget(9), 85);  // 40 * (1 - 7/14)^3 + 80
  EXPECT_EQ(budget(16), 80);
  EXPECT_EQ(budget(19), 80);
}

TEST(AdaLoraSchedule, LetsRanksFallDuringHalfOfTheRunUnlessTold) {
  const AdaLoraSchedule schedule = *MakeAdaLoraSchedule({}, 100);
  EXPECT_EQ(schedule.initial_updates, 20);
  EXPECT_EQ(schedule.final_updates, 30);
}

TEST(AdaLoraSchedule, RefusesWhatCannotReachTheTarget) {
  EXPECT_THAT(MessageOf({.initial_updates = 6, .final_updates = 4}, 10),
              HasSubstr("leave none of the run's 10 updates"));
  EXPECT_THAT(MessageOf({.final_updates = 0}, 10),
              HasSubstr("final_updates = 0 is less than 1"));
  EXPECT_THAT(MessageOf({}, 3), HasSubstr("final_updates = 0"));
  EXPECT_EQ(MessageOf({.initial_updates = 5, .final_updates = 4}, 10), "");
}

TEST(AdaLoraAdapter, RefusesOptionsByName) {
  auto message = [](const AdaLoraOptions& options) {
    return AdaLoraAdapter::Create(SmallModel(), options, 1).error().message;
  };
  EXPECT_THAT(message({.initial_rank = 8, .target_rank = 8}),
              HasSubstr("initial_rank = 8 is not above target_rank = 8"));
  EXPECT_THAT(message({.target_rank = 0}), HasSubstr("target_rank = 0"));
  EXPECT_THAT(message({.beta1 = 1}), HasSubstr("beta1 = 1"));
  EXPECT_THAT(message({.alpha = 0}), HasSubstr("alpha = 0"));
}

TEST(AdaLoraAdapter, BeginsAsTheIdentity) {
  const Model model = SmallModel();
  const auto adapter = AdaLoraAdapter::Create(model, {}, 1);
  const Adapter lora = adapter->ToLora();
  for (const auto& layer : lora.modules().layers) {
    for (const auto& module : layer) {
      EXPECT_EQ(module.a.abs().max().item<float>(), 0);
      EXPECT_GT(module.b.abs().max().item<float>(), 0);
      EXPECT_NEAR(module.scale, 16.0 / 12, 1e-5);
    }
  }
  EXPECT_EQ(adapter->NumModules(), 21);
}

// One module with three directions of one input and one output, whose scores
// after one update are known: with M and U from zero and I = |p g|,
// M = (1 - b1) I, U = (1 - b2) b1 I, score = (1 - b1)(1 - b2) b1 I^2.
TEST(AdaLoraTrainable, TakesAwayTheLeastImportantDirections) {
  SvdModules modules;
  modules.options = {.initial_rank = 3, .target_rank = 1};
  modules.layers.resize(1);
  SvdModule& module = modules.layers[0][0];
  module.a = at::tensor({1.0F, 2.0F, 3.0F}).unsqueeze(1);
  module.e = at::tensor({1.0F, 1.0F, 1.0F}).unsqueeze(1);
  module.b = at::tensor({1.0F, 1.0F, 1.0F}).unsqueeze(0);
  const AdaLoraSchedule schedule = {
      .total_updates = 5, .initial_updates = 1, .final_updates = 1};
  AdaLoraTrainable trainable(modules, schedule);
  const std::vector<at::Tensor> gradients = {
      at::tensor({0.5F, 0.1F, 0.2F}).unsqueeze(1),  // I of A: 0.5 0.2 0.6
      at::tensor({0.1F, 0.7F, 0.3F}).unsqueeze(1),  // of E: 0.1 0.7 0.3
      at::tensor({0.2F, 0.1F, 0.0F}).unsqueeze(0)};
  const auto parameters = trainable.Parameters();
  for (size_t i = 0; i < 3; ++i) {
    parameters[i]->set_requires_grad(true);
    parameters[i]->mutable_grad() = gradients[i];
  }
  trainable.EndUpdate(1);  // the last initial one: nothing falls
  EXPECT_EQ(trainable.modules().layers[0][0].e.count_nonzero().item<int>(), 3);
  EXPECT_TRUE(trainable.allocations().empty());
  // Scores are proportional to 0.30, 0.54, 0.45; budget 1 + int(2 * 8 / 27).
  trainable.EndUpdate(2);
  const at::Tensor& e = trainable.modules().layers[0][0].e;
  EXPECT_EQ(e[0].item<float>(), 0);
  EXPECT_EQ(e[1].item<float>(), 1);
  EXPECT_EQ(e[2].item<float>(), 0);
  ASSERT_EQ(trainable.allocations().size(), 1U);
  EXPECT_EQ(trainable.allocations()[0].budget, 1);
  // M after two updates is (1 - b1^2) I, U (1 - b2)(b2 b1 + b1^2) I.
  const double b = 0.85;
  EXPECT_NEAR(trainable.allocations()[0].threshold,
              (1 - b * b) * (1 - b) * 2 * b * b * (0.09 + 0.36),
              1e-6);
  const SvdModules finished = trainable.Finish();
  EXPECT_EQ(finished.layers[0][0].kept,
            (std::vector<bool>{false, true, false}));
  EXPECT_EQ(finished.layers[0][0].a.item<float>(), 2);
}

TEST(AdaLoraTrainable, PenalisesTheDistanceFromOrthogonality) {
  SvdModules modules;
  modules.options.orthogonality_weight = 0.5;
  modules.layers.resize(1);
  SvdModule& module = modules.layers[0][0];
  module.a = at::tensor({2.0F, 0.0F, 0.0F, 1.0F}).view({2, 2});
  module.e = at::zeros({2, 1});
  module.b = at::eye(2);
  const AdaLoraTrainable trainable(modules,
                                   AdaLoraSchedule{.total_updates = 1});
  // || diag(4, 1) - I || = 3, || I - I || = 0; mean 1.5.
  EXPECT_NEAR(trainable.Penalty().item<double>(), 0.75, 1e-6);
}

TEST(RecoverAdaLora, LowersTheLoss) {
  RecoveryOptions options = FastOptions();
  options.batch_size = options.micro_batch_size = 12;  // all rows
  options.steps = 60;
  const Model model = SmallModel();
  const auto initial = AdaLoraAdapter::Create(
      model,
      {.initial_rank = 4, .target_rank = 2, .orthogonality_weight = 0},
      1);
  const auto result = RecoverAdaLora(model, *initial, PatternData(), options);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_LT(result->log.back().loss, result->log.front().loss - 0.2);
}

TEST(RecoverAdaLora, EndsAtTheTargetRank) {
  const Model model = SmallModel();
  const AdaLoraOptions options = {.initial_rank = 4, .target_rank = 2};
  const auto initial = AdaLoraAdapter::Create(model, options, 1);
  const auto result =
      RecoverAdaLora(model, *initial, PatternData(), FastOptions());
  ASSERT_TRUE(result.has_value()) << result.error().message;
  int sum = 0;
  for (const auto& layer : result->adapter.ranks()) {
    sum = std::accumulate(layer.begin(), layer.end(), sum);
  }
  EXPECT_EQ(sum, 2 * initial->NumModules());
  EXPECT_EQ(result->allocations.size(), 20U - 4 - 6);
  const auto again =
      RecoverAdaLora(model, result->adapter, PatternData(), FastOptions());
  EXPECT_THAT(again.error().message, HasSubstr("lost directions already"));
}

TEST(RecoverAdaLora, SurvivesSavingAndLoadingWithModulesOfRankZero) {
  const Model model = SmallModel();
  const AdaLoraOptions options = {.initial_rank = 2, .target_rank = 1};
  const auto result = RecoverAdaLora(model,
                                     *AdaLoraAdapter::Create(model, options, 1),
                                     PatternData(),
                                     FastOptions());
  // One module loses what it has left.
  SvdModules modules = result->adapter.modules();
  SvdModule& module = modules.layers[1][3];
  module.a = module.a.slice(0, 0, 0);
  module.e = module.e.slice(0, 0, 0);
  module.b = module.b.slice(1, 0, 0);
  module.kept = {false, false};
  const AdaLoraAdapter adapter(std::make_shared<const SvdModules>(modules));
  const TemporaryFolder folder;
  ASSERT_TRUE(adapter.Save(folder.path(), "base", result->schedule));
  const auto loaded = AdaLoraAdapter::Load(folder.path(), model);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ(loaded->ranks(), adapter.ranks());
  EXPECT_EQ(loaded->ranks()[1][3], 0);
  EXPECT_FALSE(loaded->ToLora().modules().layers[1][3].defined());
  const auto lora = Adapter::Load(folder.path(), model);
  ASSERT_TRUE(lora.has_value()) << lora.error().message;
  EXPECT_EQ(lora->ranks(), adapter.ToLora().ranks());
  const Adapter expected = adapter.ToLora();
  for (size_t p = 0; p < kNumProjections; ++p) {
    const auto& module = expected.modules().layers[2][p];
    if (!module.defined()) continue;
    EXPECT_TRUE(at::equal(lora->modules().layers[2][p].a, module.a));
  }
}

TEST(RecoverAdaLora, AKilledRunEndsAsIfItHadNot) {
  const Model model = SmallModel();
  const auto initial = AdaLoraAdapter::Create(
      model, {.initial_rank = 4, .target_rank = 2, .dropout = 0.1}, 1);
  RecoveryOptions options = FastOptions();
  const auto whole = RecoverAdaLora(model, *initial, PatternData(), options);
  const TemporaryFolder folder;
  options.checkpoint_folder = folder.path();
  options.checkpoint_interval = 3;
  CancellationFlag flag;
  const TrainingHooks hooks = {.observer =
                                   [&](const TrainingStep& step) {
                                     if (step.step == 12) flag.Cancel();
                                   },
                               .cancellation = &flag};
  ASSERT_FALSE(RecoverAdaLora(model, *initial, PatternData(), options, hooks));
  const auto resumed = RecoverAdaLora(model, *initial, PatternData(), options);
  ASSERT_TRUE(resumed.has_value()) << resumed.error().message;
  EXPECT_EQ(resumed->adapter.ranks(), whole->adapter.ranks());
  ASSERT_EQ(resumed->allocations.size(), whole->allocations.size());
  for (size_t i = 0; i < whole->allocations.size(); ++i) {
    EXPECT_EQ(resumed->allocations[i].threshold,
              whole->allocations[i].threshold);
  }
  for (size_t p = 0; p < kNumProjections; ++p) {
    EXPECT_TRUE(at::equal(resumed->adapter.modules().layers[1][p].a,
                          whole->adapter.modules().layers[1][p].a));
  }
}

TEST(AdaLoraAdapter, RefusesFilesThatDoNotFit) {
  const Model model = SmallModel();
  const auto adapter = AdaLoraAdapter::Create(model, {}, 1);
  const TemporaryFolder folder;
  ASSERT_TRUE(adapter->Save(folder.path(), "base", {.total_updates = 9}));
  const std::string config = *ReadFile(folder / "adapter_config.json");
  auto message = [&](const std::string& from, const std::string& to) {
    std::string changed = config;
    changed.replace(changed.find(from), from.size(), to);
    EXPECT_TRUE(WriteFileAtomically(folder / "adapter_config.json", changed));
    const auto loaded = AdaLoraAdapter::Load(folder.path(), model);
    return loaded ? "" : loaded.error().message;
  };
  EXPECT_THAT(message("\"init_r\": 12", "\"init_r\": 11"),
              HasSubstr("do not fit rank 11"));
  EXPECT_THAT(message("\"rank_pattern\": null",
                      "\"rank_pattern\": {\"model.layers.0.mlp.up_proj.lora_E\""
                      ": [true]}"),
              HasSubstr("is not a list of init_r booleans"));
  EXPECT_THAT(message("\"beta1\": 0.85", "\"beta1\": 2"),
              HasSubstr("beta1 = 2 is not a number in [0, 1)"));
  EXPECT_THAT(message("\"ADALORA\"", "\"LORA\""),
              HasSubstr("peft_type is not \"ADALORA\""));
}

TEST(RecoverBy, ShowsEveryMethodTheSameRows) {
  const Model model = SmallModel();
  auto tokens = [&](const RecoveryMethod& method) {
    const auto result = RecoverBy(
        method, model, PatternData(), {.dropout = 0.1}, FastOptions());
    EXPECT_TRUE(result.has_value()) << result.error().message;
    std::vector<int64_t> counts;
    for (const auto& step : result->recovery.log) {
      counts.push_back(step.num_tokens);
    }
    return counts;
  };
  const auto uniform = tokens(UniformRanks(3, 8));
  EXPECT_EQ(tokens(QuarterRanks(3, {1, 2, 3, 4})), uniform);
  EXPECT_EQ(tokens(AdaLoraOptions{.initial_rank = 3, .target_rank = 2}),
            uniform);
  EXPECT_TRUE(tokens(UniformRanks(3, 0)).empty());
}

TEST(QuarterRanks, GoesFromTheEmbeddingOn) {
  const std::vector<int> ranks = QuarterRanks(32, {4, 6, 10, 12});
  EXPECT_EQ(ranks[7], 4);
  EXPECT_EQ(ranks[8], 6);
  EXPECT_EQ(ranks[23], 10);
  EXPECT_EQ(ranks[24], 12);
  EXPECT_EQ(std::accumulate(ranks.begin(), ranks.end(), 0), 8 * 32);
  // Quarters of 5 layers begin at 0, 1, 2 and 3.
  EXPECT_EQ(QuarterRanks(5, {1, 2, 3, 4}), (std::vector<int>{1, 2, 3, 4, 4}));
}

}  // namespace
}  // namespace rankadaptor::llama
