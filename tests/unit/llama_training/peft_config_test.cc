#include "evaluators/llama/training/peft_config.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace rankadaptor::llama::internal {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* kQ0 = "model.layers.0.self_attn.q_proj";
constexpr const char* kQ10 = "model.layers.10.self_attn.q_proj";
constexpr const char* kUp0 = "model.layers.0.mlp.up_proj";

// The least that a config must have, with `extra` on top.
json Config(const json& extra) {
  json config = {{"peft_type", "LORA"}};
  config.update(extra);
  return config;
}

PeftLoraConfig Parse(const json& extra) {
  return ParsePeftConfig(Config(extra).dump(), "adapter_config.json").value();
}

std::string ErrorOf(const json& extra) {
  const auto config =
      ParsePeftConfig(Config(extra).dump(), "adapter_config.json");
  return config.has_value() ? "accepted" : config.error().message;
}

int64_t RankOf(const PeftLoraConfig& config,
               const char* module,
               PatternRule rule = PatternRule::kCurrent) {
  return config.SettingOf(module, rule).rank;
}

TEST(PeftConfig, HasPeftsDefaults) {
  const PeftLoraConfig config = Parse(json::object());
  EXPECT_EQ(config.SettingOf(kQ0, PatternRule::kCurrent).rank, 8);
  EXPECT_EQ(config.SettingOf(kQ0, PatternRule::kCurrent).alpha, 8);
  EXPECT_EQ(config.dropout, 0);
  EXPECT_FALSE(config.rank_stabilised);
  EXPECT_TRUE(config.Targets(kQ0, 0));
  EXPECT_FALSE(config.Targets(kUp0, 0));
}

TEST(PeftConfig, PatternsMatchWholeTailsOfNames) {
  const PeftLoraConfig config =
      Parse({{"rank_pattern", {{"layers.0.self_attn.q_proj", 3}}}});
  EXPECT_EQ(RankOf(config, kQ0), 3);
  EXPECT_EQ(RankOf(config, kQ10), 8);
  EXPECT_EQ(RankOf(Parse({{"rank_pattern", {{"_proj", 3}}}}), kQ0), 8);
  EXPECT_EQ(RankOf(Parse({{"rank_pattern", {{"layers.0", 3}}}}), kQ0), 8);
}

TEST(PeftConfig, PatternsAreExpressions) {
  const PeftLoraConfig config =
      Parse({{"rank_pattern",
              {{R"(layers\.(0|1)\..*q_proj)", 3},
               {"^model.layers.10.self_attn.q_proj", 5}}}});
  EXPECT_EQ(RankOf(config, kQ0), 3);
  EXPECT_EQ(RankOf(config, kQ10), 5);
  EXPECT_EQ(RankOf(config, kUp0), 8);
  // An anchor does not match behind a prefix.
  EXPECT_EQ(RankOf(Parse({{"rank_pattern", {{"^q_proj", 3}}}}), kQ0), 8);
}

TEST(PeftConfig, CurrentRuleLooksEachDictionaryUpByItself) {
  const PeftLoraConfig config =
      Parse({{"r", 4},
             {"rank_pattern", {{"q_proj", 2}}},
             {"alpha_pattern", {{"self_attn.q_proj", 32}}}});
  const auto setting = config.SettingOf(kQ0, PatternRule::kCurrent);
  EXPECT_EQ(setting.rank, 2);
  EXPECT_EQ(setting.alpha, 32);
}

TEST(PeftConfig, OldRuleUsesOneKeyForBothDictionaries) {
  const PeftLoraConfig config =
      Parse({{"r", 4},
             {"rank_pattern", {{"q_proj", 2}}},
             {"alpha_pattern", {{"self_attn.q_proj", 32}}}});
  const auto setting = config.SettingOf(kQ0, PatternRule::kUpTo0132);
  EXPECT_EQ(setting.rank, 2);
  EXPECT_EQ(setting.alpha, 8);  // "q_proj" is no key of alpha_pattern
}

TEST(PeftConfig, BothRulesKnowFullNames) {
  const PeftLoraConfig config =
      Parse({{"rank_pattern", {{kQ0, 2}}}, {"alpha_pattern", {{kQ0, 32}}}});
  for (auto rule : {PatternRule::kCurrent, PatternRule::kUpTo0132}) {
    EXPECT_EQ(config.SettingOf(kQ0, rule).rank, 2);
    EXPECT_EQ(config.SettingOf(kQ0, rule).alpha, 32);
    EXPECT_EQ(RankOf(config, kQ10, rule), 8);
  }
}

TEST(PeftConfig, TargetsAreNamesExpressionsOrAll) {
  const PeftLoraConfig names = Parse({{"target_modules", {"up_proj", kQ0}}});
  EXPECT_TRUE(names.Targets(kQ0, 0) && names.Targets(kUp0, 0));
  EXPECT_FALSE(names.Targets(kQ10, 10));
  const PeftLoraConfig expression = Parse({{"target_modules", ".*\\.q_proj"}});
  EXPECT_TRUE(expression.Targets(kQ10, 10));
  EXPECT_FALSE(expression.Targets(kUp0, 0));
  const PeftLoraConfig all = Parse({{"target_modules", "all-linear"},
                                    {"exclude_modules", {"up_proj"}},
                                    {"layers_to_transform", 10}});
  EXPECT_TRUE(all.Targets(kQ10, 10));
  EXPECT_FALSE(all.Targets(kQ0, 0));
  EXPECT_FALSE(all.Targets("model.layers.10.mlp.up_proj", 10));
}

TEST(PeftConfig, RefusesWhatIsNotPlainLora) {
  EXPECT_EQ(ErrorOf({{"peft_type", "LOHA"}}),
            "adapter_config.json: peft_type = \"LOHA\" is not supported "
            "(supported: \"LORA\", \"ADALORA\")");
  EXPECT_THAT(ErrorOf({{"use_dora", true}}), HasSubstr("use_dora = true"));
  EXPECT_THAT(ErrorOf({{"bias", "all"}}), HasSubstr("bias = \"all\""));
  EXPECT_THAT(ErrorOf({{"fan_in_fan_out", true}}), HasSubstr("fan_in_fan_out"));
  EXPECT_THAT(ErrorOf({{"modules_to_save", {"lm_head"}}}),
              HasSubstr("modules_to_save"));
  EXPECT_EQ(ErrorOf({{"modules_to_save", json::array()}}), "accepted");
  EXPECT_THAT(ErrorOf({{"init_lora_weights", "pissa_niter_4"}}),
              HasSubstr("changes the base weights"));
  EXPECT_EQ(ErrorOf({{"init_lora_weights", "gaussian"}}), "accepted");
  EXPECT_EQ(ErrorOf({{"layers_pattern", "layers"}}), "accepted");
  EXPECT_THAT(ErrorOf({{"layers_pattern", "h"}}), HasSubstr("layers_pattern"));
  EXPECT_THAT(ErrorOf({{"peft_type", nullptr}}),
              HasSubstr("peft_type is missing"));
}

TEST(PeftConfig, RefusesValuesOutOfRange) {
  EXPECT_THAT(ErrorOf({{"r", 0}}), HasSubstr("r = 0"));
  EXPECT_THAT(ErrorOf({{"lora_dropout", 1}}), HasSubstr("lora_dropout = 1"));
  EXPECT_THAT(ErrorOf({{"rank_pattern", {{"q_proj", "two"}}}}),
              HasSubstr("rank_pattern: q_proj = \"two\""));
  EXPECT_THAT(ErrorOf({{"alpha_pattern", {{"q_(", 2}}}}),
              HasSubstr("not a regular expression"));
  EXPECT_THAT(ErrorOf({{"target_modules", {1}}}),
              HasSubstr("is not a list of module names"));
  EXPECT_THAT(ErrorOf({{"target_modules", "q_("}}),
              HasSubstr("is not a regular expression"));
}

TEST(PeftConfig, ReadsWhatItWrites) {
  const std::string text = FormatPeftConfig(
      {{kQ0, {2, 16}}, {kUp0, {12, 22.5}}}, {kQ0, kUp0}, 0.05, "base");
  const json written = json::parse(text);
  EXPECT_EQ(written["r"], 12);
  EXPECT_EQ(written["lora_alpha"], 22.5);
  EXPECT_EQ(written["alpha_pattern"][kQ0].dump(), "16");
  EXPECT_EQ(written["base_model_name_or_path"], "base");
  const PeftLoraConfig config = ParsePeftConfig(text, "f").value();
  EXPECT_EQ(RankOf(config, kQ0), 2);
  EXPECT_EQ(config.SettingOf(kUp0, PatternRule::kCurrent).alpha, 22.5);
  EXPECT_EQ(config.dropout, 0.05);
  EXPECT_TRUE(config.Targets(kUp0, 0));
  EXPECT_FALSE(config.Targets(kQ10, 10));
}

}  // namespace
}  // namespace rankadaptor::llama::internal
