#include <cmath>
#include <fstream>
#include <set>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/safetensors.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using rankadaptor::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kQ0A =
    "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";

class PeftFolder : public ::testing::Test {
 protected:
  PeftFolder() : model_(RandomModel(SmallConfig(), 1)) {}

  Adapter Create(const LoraOptions& options) {
    return Adapter::Create(model_, options, 7).value();
  }
  void Save(const Adapter& adapter) {
    ASSERT_TRUE(adapter.Save(folder_.path(), "a/model").has_value());
  }
  std::string LoadError() {
    const auto adapter = Adapter::Load(folder_.path(), model_);
    return adapter.has_value() ? "accepted" : adapter.error().message;
  }

  json ReadConfig() {
    std::ifstream stream(folder_ / "adapter_config.json");
    return json::parse(stream);
  }
  void WriteConfig(const json& config) {
    std::ofstream(folder_ / "adapter_config.json") << config;
  }

  // The tensors of the folder as they are, to be changed and written back.
  std::map<std::string, at::Tensor> ReadTensors() {
    const auto file =
        SafetensorsFile::Open(folder_ / "adapter_model.safetensors");
    std::map<std::string, at::Tensor> tensors;
    for (const auto& [name, view] : file->tensors()) {
      tensors[name] =
          internal::ToTensor(name, view, at::kFloat, at::kCPU).value();
    }
    return tensors;
  }
  void WriteTensors(const std::map<std::string, at::Tensor>& tensors,
                    at::ScalarType type = at::kFloat) {
    ASSERT_TRUE(internal::WriteTensors(folder_ / "adapter_model.safetensors",
                                       {tensors.begin(), tensors.end()},
                                       type)
                    .has_value());
  }

  const TemporaryFolder folder_;
  const Model model_;
};

void ExpectSameModules(const Adapter& actual, const Adapter& expected) {
  EXPECT_EQ(actual.modules().dropout, expected.modules().dropout);
  for (size_t layer = 0; layer < expected.modules().layers.size(); ++layer) {
    for (size_t p = 0; p < kNumProjections; ++p) {
      const auto& module = actual.modules().layers[layer][p];
      const auto& wanted = expected.modules().layers[layer][p];
      ASSERT_EQ(module.defined(), wanted.defined());
      if (!wanted.defined()) continue;
      EXPECT_DOUBLE_EQ(module.scale, wanted.scale);
      EXPECT_TRUE(at::equal(module.a, wanted.a));
      EXPECT_TRUE(at::equal(module.b, wanted.b));
    }
  }
}

TEST_F(PeftFolder, GivesBackWhatWasSavedUnderEveryScalePolicy) {
  for (auto policy : {LoraScalePolicy::kFixedAlpha,
                      LoraScalePolicy::kFixedAlphaOverRank,
                      LoraScalePolicy::kRankStabilised}) {
    const Adapter adapter =
        Create({.ranks = {2, 12, 7}, .alpha = 10, .scale_policy = policy});
    Save(adapter);
    const auto loaded = Adapter::Load(folder_.path(), model_);
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    ExpectSameModules(*loaded, adapter);
  }
}

TEST_F(PeftFolder, HasNoFieldThatPeft06DoesNotKnow) {
  Save(Create(
      {.ranks = {2, 12, 7}, .scale_policy = LoraScalePolicy::kRankStabilised}));
  const json config = ReadConfig();
  // LoraConfig and its bases in version 0.6.0.
  const std::set<std::string> known = {"alpha_pattern",
                                       "auto_mapping",
                                       "base_model_name_or_path",
                                       "bias",
                                       "fan_in_fan_out",
                                       "inference_mode",
                                       "init_lora_weights",
                                       "layers_pattern",
                                       "layers_to_transform",
                                       "lora_alpha",
                                       "lora_dropout",
                                       "modules_to_save",
                                       "peft_type",
                                       "r",
                                       "rank_pattern",
                                       "revision",
                                       "target_modules",
                                       "task_type"};
  for (const auto& [name, value] : config.items()) {
    EXPECT_TRUE(known.contains(name)) << name;
  }
  EXPECT_DOUBLE_EQ(config["alpha_pattern"]["model.layers.0.mlp.up_proj"],
                   16 * std::sqrt(2.0));
}

TEST_F(PeftFolder, NeedsNoPatternsAfterPadding) {
  const Adapter adapter = Create({.ranks = {2, 0, 4}, .alpha = 8});
  const auto padded = PadToUniformRank(adapter, model_.config(), 8);
  ASSERT_TRUE(padded.has_value()) << padded.error().message;
  Save(*padded);
  json config = ReadConfig();
  EXPECT_EQ(config["r"], 8);
  EXPECT_EQ(config["lora_alpha"], 16);
  EXPECT_EQ(config["target_modules"].size(), 7U);
  config.erase("rank_pattern");
  config.erase("alpha_pattern");
  WriteConfig(config);
  const auto loaded = Adapter::Load(folder_.path(), model_);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  ExpectSameModules(*loaded, *padded);
}

TEST_F(PeftFolder, NamesEveryModuleInBothPatterns) {
  Save(Create({.ranks = {2, 3, 4}}));
  const json config = ReadConfig();
  EXPECT_EQ(config["rank_pattern"].size(), 21U);
  EXPECT_EQ(config["alpha_pattern"].size(), 21U);
  EXPECT_EQ(config["rank_pattern"]["model.layers.1.mlp.up_proj"], 3);
  EXPECT_EQ(config["alpha_pattern"]["model.layers.1.mlp.up_proj"], 16);
  EXPECT_EQ(config["base_model_name_or_path"], "a/model");
  EXPECT_EQ(config["target_modules"].size(), 7U);
}

TEST_F(PeftFolder, TargetsOnlyTheModulesThatAreAdapted) {
  const Adapter adapter = Create({.ranks = {0, 3, 0}});
  Save(adapter);
  const json targets = ReadConfig()["target_modules"];
  EXPECT_EQ(targets.size(), 7U);
  EXPECT_EQ(targets[0], "model.layers.1.mlp.down_proj");
  const auto loaded = Adapter::Load(folder_.path(), model_);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_THAT(loaded->ranks(), ElementsAre(0, 3, 0));
}

TEST_F(PeftFolder, CannotExpressAnEmptyAdapter) {
  const auto status = Create({.ranks = {0, 0, 0}}).Save(folder_.path(), "m");
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(PeftFolder, ReadsHalfPrecisionMatrices) {
  Save(Create({.ranks = {2, 3, 4}}));
  WriteTensors(ReadTensors(), at::kBFloat16);
  const auto loaded = Adapter::Load(folder_.path(), model_);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ(loaded->modules().layers[0][0].a.scalar_type(), at::kFloat);
}

TEST_F(PeftFolder, ReadsPatternsByTheRuleOfTheVersionThatWroteThem) {
  Save(Create({.ranks = {2, 2, 2}}));
  json config = ReadConfig();
  config["r"] = 2;
  config["lora_alpha"] = 6;
  config["rank_pattern"] = {{"q_proj", 2}};
  config["alpha_pattern"] = {{"self_attn.q_proj", 32}};
  auto scale = [&](const char* version) {
    config["peft_version"] = version;
    WriteConfig(config);
    const auto adapter = Adapter::Load(folder_.path(), model_);
    return adapter.has_value() ? adapter->modules().layers[0][0].scale : 0;
  };
  EXPECT_EQ(scale("0.21.2"), 16);
  EXPECT_EQ(scale("0.13.2"), 3);
  EXPECT_EQ(scale("new"), 0);
  config.erase("peft_version");
  WriteConfig(config);
  EXPECT_THAT(LoadError(),
              HasSubstr("give model.layers.0.self_attn.q_proj "
                        "another alpha in PEFT up to 0.13.2"));
}

TEST_F(PeftFolder, RefusesPatternsThatMatchNothing) {
  Save(Create({.ranks = {2, 2, 2}}));
  json config = ReadConfig();
  config["alpha_pattern"]["proj"] = 1;
  WriteConfig(config);
  EXPECT_THAT(LoadError(),
              HasSubstr("alpha_pattern: \"proj\" matches no adapted module"));
}

TEST_F(PeftFolder, RefusesRanksThatAreNotThoseOfTheTensors) {
  Save(Create({.ranks = {2, 3, 4}}));
  json config = ReadConfig();
  config["rank_pattern"]["model.layers.0.self_attn.q_proj"] = 3;
  WriteConfig(config);
  EXPECT_THAT(LoadError(),
              HasSubstr("adapter_config.json: model.layers.0.self_attn.q_proj "
                        "has rank 3, adapter_model.safetensors has matrices of "
                        "rank 2"));
}

TEST_F(PeftFolder, RefusesMissingUnexpectedAndUntargetedTensors) {
  Save(Create({.ranks = {2, 3, 4}}));
  const auto tensors = ReadTensors();
  auto changed = tensors;
  changed.erase(kQ0A);
  WriteTensors(changed);
  EXPECT_THAT(LoadError(),
              HasSubstr(std::string("tensor ") + kQ0A + " is missing"));
  changed = tensors;
  changed["base_model.model.lm_head.lora_A.weight"] = at::ones({2, 16});
  WriteTensors(changed);
  EXPECT_THAT(LoadError(),
              HasSubstr("unexpected tensor base_model.model.lm_head"));
  WriteTensors(tensors);
  json config = ReadConfig();
  config["target_modules"].erase(config["target_modules"].begin());  // q_proj
  WriteConfig(config);
  EXPECT_THAT(
      LoadError(),
      HasSubstr(std::string("tensor ") + kQ0A + " is not a target module"));
}

TEST_F(PeftFolder, RefusesWrongShapesAndNumbers) {
  Save(Create({.ranks = {2, 3, 4}}));
  const auto tensors = ReadTensors();
  auto changed = tensors;
  changed[kQ0A] = at::ones({2, 15});
  WriteTensors(changed);
  EXPECT_THAT(LoadError(), HasSubstr("A [2, 15] and B [16, 2] do not fit"));
  // As another program may write it: ours refuses to.
  changed[kQ0A] = at::full({2, 16}, NAN);
  std::vector<TensorToWrite> raw;
  for (const auto& [name, tensor] : changed) {
    raw.push_back(
        {name, "F32", tensor.sizes().vec(), internal::BytesOf(tensor)});
  }
  ASSERT_TRUE(WriteSafetensors(folder_ / "adapter_model.safetensors", raw, {}));
  EXPECT_THAT(LoadError(),
              HasSubstr("model.layers.0.self_attn.q_proj is not finite"));
}

TEST_F(PeftFolder, RefusesPicklesAndEmptyFolders) {
  EXPECT_EQ(Adapter::Load(folder_.path(), model_).error().code,
            ErrorCode::kNotFound);
  Save(Create({.ranks = {2, 3, 4}}));
  fs::rename(folder_ / "adapter_model.safetensors",
             folder_ / "adapter_model.bin");
  const std::string folder = folder_.path().string();
  EXPECT_THAT(LoadError(), HasSubstr(folder + "/adapter_model.bin: is a "));
  EXPECT_THAT(LoadError(),
              HasSubstr("convert_checkpoint.py " + folder + " " + folder +
                        "-safetensors"));
}

TEST_F(PeftFolder, RanksOfSingleModulesSurvive) {
  const Model model = RandomModel(SmallConfig(), 1);
  ModuleRanks ranks = PerModule({2, 3, 4});
  ranks[1] = {1, 2, 3, 4, 5, 6, 7};
  ranks[2][0] = 0;
  const Adapter adapter =
      Adapter::Create(model, {.module_ranks = ranks}, 1).value();
  EXPECT_EQ(adapter.NumParameters(), NumParametersOf(model.config(), ranks));
  const TemporaryFolder folder;
  ASSERT_TRUE(adapter.Save(folder.path(), "base"));
  const auto config =
      nlohmann::json::parse(*ReadFile(folder / "adapter_config.json"));
  EXPECT_EQ(config["rank_pattern"]["model.layers.1.mlp.down_proj"], 7);
  EXPECT_FALSE(
      config["rank_pattern"].contains("model.layers.2.self_attn.q_proj"));
  const auto loaded = Adapter::Load(folder.path(), model);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  for (size_t layer = 0; layer < ranks.size(); ++layer) {
    for (size_t p = 0; p < kNumProjections; ++p) {
      const auto& module = loaded->modules().layers[layer][p];
      EXPECT_EQ(module.defined() ? module.a.size(0) : 0, ranks[layer][p]);
    }
  }
}

}  // namespace
}  // namespace rankadaptor::llama
