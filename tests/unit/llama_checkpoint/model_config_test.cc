#include "rankadaptor/llama/model_config.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The least that a config must say.
json Minimal() {
  return {{"model_type", "llama"},
          {"vocab_size", 100},
          {"hidden_size", 64},
          {"num_hidden_layers", 3},
          {"num_attention_heads", 8},
          {"intermediate_size", 128}};
}

Result<LlamaConfig> Parse(const json& object) {
  return ParseLlamaConfig(object.dump(), "config.json");
}

Result<LlamaConfig> ParseWith(const json& changes) {
  json object = Minimal();
  object.update(changes);
  return Parse(object);
}

LlamaConfig Accepted(const json& changes = json::object()) {
  auto config = ParseWith(changes);
  EXPECT_TRUE(config) << config.error().message;
  return config.value_or(LlamaConfig());
}

std::string Refusal(const json& changes) {
  auto config = ParseWith(changes);
  if (config) return "accepted";
  EXPECT_EQ(config.error().code, ErrorCode::kInvalidArgument);
  return config.error().message;
}

TEST(ModelConfig, AbsentFieldsHaveHuggingFacesDefaults) {
  const LlamaConfig config = Accepted();
  EXPECT_EQ(config.head_dim, 8);
  ASSERT_EQ(config.num_layers(), 3);
  EXPECT_THAT(config.layers, Each(LayerShape{8, 8, 128}));
  EXPECT_EQ(config.rms_norm_eps, 1e-6);
  EXPECT_EQ(config.rope_theta, 1e4);
  EXPECT_FALSE(config.rope_scaling);
  EXPECT_FALSE(config.tie_word_embeddings);
  EXPECT_EQ(config.max_position_embeddings, 2048);
  EXPECT_EQ(config.bos_token_id, 1);
  EXPECT_THAT(config.eos_token_ids, ElementsAre(2));
  EXPECT_FALSE(config.pad_token_id);
}

TEST(ModelConfig, NullCountsAsAbsent) {
  EXPECT_EQ(Accepted({{"head_dim", nullptr},
                      {"num_key_value_heads", nullptr},
                      {"rope_scaling", nullptr},
                      {"sliding_window", nullptr},
                      {"quantization_config", nullptr},
                      {"attention_bias", nullptr}}),
            Accepted());
}

TEST(ModelConfig, ReadsGroupedQueriesAndExplicitHeadDim) {
  const LlamaConfig config =
      Accepted({{"num_key_value_heads", 2}, {"head_dim", 32}});
  EXPECT_EQ(config.layers[0].num_kv_heads, 2);
  EXPECT_EQ(config.head_dim, 32);
  EXPECT_EQ(ProjectionShape(config, 0, Projection::kQ).rows, 256);
  EXPECT_EQ(ProjectionShape(config, 0, Projection::kK).rows, 64);
}

TEST(ModelConfig, ReadsTheNamesOfTheFirstConvertedCheckpoints) {
  const LlamaConfig config = Accepted({{"architectures", {"LLaMAForCausalLM"}},
                                       {"max_sequence_length", 512},
                                       {"bos_token_id", 0},
                                       {"eos_token_id", 1},
                                       {"pad_token_id", -1}});
  EXPECT_EQ(config.max_position_embeddings, 512);
  EXPECT_EQ(config.bos_token_id, 0);
  EXPECT_FALSE(config.pad_token_id);
}

TEST(ModelConfig, EosMayBeOneSeveralOrNone) {
  EXPECT_THAT(Accepted({{"eos_token_id", {7, 9}}}).eos_token_ids,
              ElementsAre(7, 9));
  EXPECT_THAT(Accepted({{"eos_token_id", nullptr}}).eos_token_ids, IsEmpty());
  EXPECT_THAT(Accepted({{"eos_token_id", {-1}}}).eos_token_ids, IsEmpty());
  EXPECT_FALSE(Accepted({{"bos_token_id", nullptr}}).bos_token_id);
  EXPECT_THAT(Refusal({{"eos_token_id", {7, "x"}}}),
              HasSubstr("eos_token_id[1] = \"x\""));
}

const json kLlama3 = {{"rope_type", "llama3"},
                      {"factor", 32.0},
                      {"low_freq_factor", 1.0},
                      {"high_freq_factor", 4.0},
                      {"original_max_position_embeddings", 8192}};

TEST(ModelConfig, ReadsLlama3RopeScaling) {
  const LlamaConfig config =
      Accepted({{"rope_theta", 500000.0}, {"rope_scaling", kLlama3}});
  EXPECT_EQ(config.rope_theta, 5e5);
  EXPECT_EQ(config.rope_scaling, (Llama3RopeScaling{32, 1, 4, 8192}));
  json legacy = kLlama3;
  legacy["type"] = "llama3";
  legacy.erase("rope_type");
  EXPECT_EQ(Accepted({{"rope_scaling", legacy}}).rope_scaling,
            config.rope_scaling);
}

TEST(ModelConfig, ReadsRopeSettingsNestedInRopeParameters) {
  json nested = kLlama3;
  nested["rope_theta"] = 500000.0;
  EXPECT_EQ(Accepted({{"rope_parameters", nested}}),
            Accepted({{"rope_theta", 500000.0}, {"rope_scaling", kLlama3}}));
  EXPECT_EQ(Accepted({{"rope_parameters",
                       {{"rope_type", "default"}, {"rope_theta", 2e4}}}}),
            Accepted({{"rope_theta", 2e4}}));
}

TEST(ModelConfig, RopeSettingsGivenTwiceMustAgree) {
  EXPECT_EQ(Accepted({{"rope_scaling", kLlama3}, {"rope_parameters", kLlama3}})
                .rope_scaling->factor,
            32);
  EXPECT_THAT(Refusal({{"rope_scaling", {{"rope_type", "default"}}},
                       {"rope_parameters", kLlama3}}),
              HasSubstr("rope_parameters = {"));
  EXPECT_THAT(Refusal({{"rope_theta", 1e4},
                       {"rope_parameters", {{"rope_theta", 2e4}}}}),
              HasSubstr("contradicts the rope_theta"));
  EXPECT_THAT(Refusal({{"rope_scaling",
                        {{"type", "llama3"}, {"rope_type", "default"}}}}),
              HasSubstr("type = \"llama3\" contradicts rope_type"));
}

TEST(ModelConfig, RefusesOtherRopeTypesByName) {
  for (const char* type : {"linear", "dynamic", "yarn", "longrope", "su"}) {
    EXPECT_THAT(
        Refusal({{"rope_scaling", {{"type", type}, {"factor", 2.0}}}}),
        AllOf(HasSubstr("rope_scaling: type = \"" + std::string(type) + "\""),
              HasSubstr("(supported: \"default\", \"llama3\")")));
  }
  EXPECT_THAT(Refusal({{"rope_parameters",
                        {{"full_attention", {{"rope_type", "default"}}}}}}),
              HasSubstr("full_attention"));
  EXPECT_THAT(Refusal({{"partial_rotary_factor", 0.5}}),
              HasSubstr("partial_rotary_factor = 0.5 is not supported"));
}

TEST(ModelConfig, RefusesDamagedLlama3Scaling) {
  auto refusal = [](const char* field, const json& value) {
    json scaling = kLlama3;
    scaling[field] = value;
    return Refusal({{"rope_scaling", scaling}});
  };
  EXPECT_THAT(refusal("factor", nullptr), HasSubstr("factor is missing"));
  EXPECT_THAT(refusal("factor", 0.5), HasSubstr("less than 1"));
  EXPECT_THAT(refusal("factor", "8"), HasSubstr("not a positive number"));
  EXPECT_THAT(refusal("low_freq_factor", 4), HasSubstr("not less than"));
  EXPECT_THAT(refusal("original_max_position_embeddings", 0),
              HasSubstr("not an integer from 1"));
}

TEST(ModelConfig, ReadsBiasesWhereTheArchitectureHasThem) {
  EXPECT_TRUE(Accepted({{"attention_bias", true}}).attention_bias);
  EXPECT_TRUE(Accepted({{"mlp_bias", true}}).mlp_bias);
  EXPECT_TRUE(Accepted({{"model_type", "qwen3"},
                        {"num_key_value_heads", 8},
                        {"attention_bias", true}})
                  .attention_bias);
  EXPECT_THAT(Refusal({{"model_type", "qwen3"}, {"mlp_bias", true}}),
              HasSubstr("mlp_bias = true is not supported (supported for "
                        "\"qwen3\": false)"));
  EXPECT_THAT(Refusal({{"model_type", "qwen2"}, {"attention_bias", true}}),
              HasSubstr("attention_bias = true is not supported"));
}

TEST(ModelConfig, AbsentFieldsMeanWhatTheArchitectureSays) {
  const LlamaConfig mistral = Accepted({{"model_type", "mistral"}});
  EXPECT_EQ(mistral.layers[0].num_kv_heads, 8);
  EXPECT_EQ(mistral.sliding_window, 4096);
  EXPECT_EQ(mistral.max_position_embeddings, 131072);
  const LlamaConfig qwen3 =
      Accepted({{"model_type", "qwen3"}, {"num_key_value_heads", 4}});
  EXPECT_EQ(qwen3.head_dim, 128);
  EXPECT_FALSE(qwen3.bos_token_id);
  EXPECT_THAT(qwen3.eos_token_ids, IsEmpty());
}

TEST(ModelConfig, ReadsOrRefusesSlidingWindows) {
  const auto mistral = [](const json& window) {
    return json{{"model_type", "mistral"}, {"sliding_window", window}};
  };
  EXPECT_EQ(Accepted(mistral(512)).sliding_window, 512);
  EXPECT_FALSE(Accepted(mistral(nullptr)).sliding_window);
  EXPECT_THAT(Refusal(mistral(0)), HasSubstr("sliding_window = 0"));
  json qwen = {{"model_type", "qwen2"},
               {"num_key_value_heads", 8},
               {"sliding_window", 4096},
               {"use_sliding_window", false}};
  EXPECT_FALSE(Accepted(qwen).sliding_window);
  qwen["layer_types"] = {"full_attention", "sliding_attention"};
  EXPECT_THAT(Refusal(qwen), HasSubstr("layer_types = "));
  qwen["use_sliding_window"] = true;
  EXPECT_THAT(Refusal(qwen), HasSubstr("use_sliding_window = true is not"));
}

TEST(ModelConfig, RefusesOtherModelsByName) {
  EXPECT_EQ(Refusal({{"model_type", "gemma"}}),
            "config.json: model_type = \"gemma\" is not supported "
            "(supported: \"llama\", \"mistral\", \"qwen2\", \"qwen3\")");
  EXPECT_THAT(Refusal({{"architectures", {"GemmaForCausalLM"}}}),
              HasSubstr("[\"GemmaForCausalLM\"] is not supported"));
  EXPECT_THAT(Refusal({{"architectures", {"MistralForCausalLM"}}}),
              HasSubstr("contradicts model_type = \"llama\""));
  EXPECT_THAT(Refusal({{"architectures", "LlamaForCausalLM"}}),
              HasSubstr("is not supported"));
  EXPECT_THAT(Refusal({{"mlp_bias", 0}}), HasSubstr("not true or false"));
  EXPECT_THAT(Refusal({{"hidden_act", "gelu"}}),
              HasSubstr("hidden_act = \"gelu\""));
  EXPECT_THAT(Refusal({{"sliding_window", 4096}}),
              HasSubstr("sliding_window = 4096"));
  EXPECT_THAT(Refusal({{"quantization_config", {{"bits", 4}}}}),
              HasSubstr("quantization_config = {\"bits\":4} is not"));
  json nameless = Minimal();
  nameless.erase("model_type");
  EXPECT_THAT(Parse(nameless).error().message,
              HasSubstr("neither model_type nor architectures"));
  nameless["architectures"] = {"LlamaForCausalLM"};
  EXPECT_TRUE(Parse(nameless));
}

TEST(ModelConfig, RefusesSizesThatAreNotPositiveAndSane) {
  for (const char* field : {"vocab_size",
                            "hidden_size",
                            "num_hidden_layers",
                            "num_attention_heads",
                            "num_key_value_heads",
                            "head_dim",
                            "intermediate_size",
                            "max_position_embeddings"}) {
    for (const json& value : {json(0),
                              json(-1),
                              json(2.0),
                              json("8"),
                              json(1LL << 40),
                              json(UINT64_MAX),
                              json(true),
                              json::array()}) {
      EXPECT_THAT(Refusal({{field, value}}),
                  HasSubstr("config.json: " + std::string(field) + " = "))
          << value;
    }
  }
}

TEST(ModelConfig, RequiredFieldsAreNamed) {
  for (const char* field : {"vocab_size",
                            "hidden_size",
                            "num_hidden_layers",
                            "num_attention_heads",
                            "intermediate_size"}) {
    json object = Minimal();
    object.erase(field);
    EXPECT_EQ(Parse(object).error().message,
              "config.json: " + std::string(field) + " is missing");
  }
}

TEST(ModelConfig, RefusesShapesThatDoNotDivide) {
  EXPECT_THAT(Refusal({{"num_key_value_heads", 3}}),
              HasSubstr("8 attention heads cannot share 3"));
  EXPECT_THAT(Refusal({{"num_key_value_heads", 16}}), HasSubstr("share 16"));
  EXPECT_THAT(Refusal({{"num_attention_heads", 7}}),
              HasSubstr("hidden_size = 64 does not divide"));
  EXPECT_THAT(Refusal({{"head_dim", 7}}), HasSubstr("head_dim = 7 is odd"));
  EXPECT_THAT(Refusal({{"hidden_size", 56}}), HasSubstr("even size"));
  EXPECT_THAT(Refusal({{"hidden_size", 1 << 20}}), HasSubstr("2 to 1024"));
}

TEST(ModelConfig, RefusesBadNumbers) {
  EXPECT_THAT(Refusal({{"rms_norm_eps", 0}}), HasSubstr("rms_norm_eps = 0"));
  EXPECT_THAT(Refusal({{"rms_norm_eps", "1e-5"}}), HasSubstr("\"1e-5\""));
  EXPECT_THAT(Refusal({{"rope_theta", -1.0}}), HasSubstr("rope_theta = -1"));
  EXPECT_THAT(Refusal({{"bos_token_id", 1.5}}), HasSubstr("bos_token_id"));
}

TEST(ModelConfig, LargestSizesDoNotOverflow) {
  const LlamaConfig config = Accepted({{"vocab_size", 1 << 24},
                                       {"hidden_size", 1 << 20},
                                       {"num_hidden_layers", 4096},
                                       {"num_attention_heads", 1 << 14},
                                       {"head_dim", 1 << 10},
                                       {"intermediate_size", 1 << 24}});
  EXPECT_GT(NumParameters(config), int64_t{1} << 58);
}

// --- Per-layer shapes --------------------------------------------------------

json PerLayer() {
  return {{"head_dim", 8},
          {"rankadaptor_layers",
           {{"num_attention_heads", {8, 6, 2}},
            {"num_key_value_heads", {4, 3, 1}},
            {"intermediate_size", {128, 5, 77}}}}};
}

TEST(ModelConfig, ReadsPerLayerShapes) {
  EXPECT_THAT(
      Accepted(PerLayer()).layers,
      ElementsAre(
          LayerShape{8, 4, 128}, LayerShape{6, 3, 5}, LayerShape{2, 1, 77}));
}

TEST(ModelConfig, RefusesDamagedPerLayerShapes) {
  auto refusal = [](const char* field, const json& value) {
    json changes = PerLayer();
    changes["rankadaptor_layers"][field] = value;
    return Refusal(changes);
  };
  EXPECT_THAT(refusal("intermediate_size", {1, 2}),
              HasSubstr("has 2 values, num_hidden_layers is 3"));
  EXPECT_THAT(refusal("intermediate_size", nullptr), HasSubstr("is missing"));
  EXPECT_THAT(refusal("intermediate_size", {1, 0, 1}),
              HasSubstr("intermediate_size[1] = 0 is not"));
  EXPECT_THAT(refusal("intermediate_size", 128), HasSubstr("not a list"));
  EXPECT_THAT(refusal("num_key_value_heads", {4, 4, 1}),
              HasSubstr("layer 1: 6 attention heads cannot share 4"));
  EXPECT_THAT(refusal("hidden_size", {1, 1, 1}),
              HasSubstr("unknown field \"hidden_size\""));
  EXPECT_THAT(Refusal({{"rankadaptor_layers", 1}, {"head_dim", 8}}),
              HasSubstr("is not an object"));
  json without_head_dim = PerLayer();
  without_head_dim.erase("head_dim");
  EXPECT_THAT(Refusal(without_head_dim), HasSubstr("head_dim is missing"));
}

// --- Writing -----------------------------------------------------------------

LlamaConfig RoundTrip(const LlamaConfig& config) {
  auto again =
      ParseLlamaConfig(FormatLlamaConfig(config, "bfloat16"), "config.json");
  EXPECT_TRUE(again) << again.error().message;
  return again.value_or(LlamaConfig());
}

TEST(ModelConfig, RoundTripsEveryField) {
  LlamaConfig config = Accepted(PerLayer());
  config.rms_norm_eps = 1.2345678901234567e-5;
  config.rope_theta = 123456.789;
  config.rope_scaling = Llama3RopeScaling{8, 1, 4, 4096};
  config.max_position_embeddings = 77;
  config.tie_word_embeddings = true;
  config.initializer_range = 0.01;
  config.bos_token_id = std::nullopt;
  config.eos_token_ids = {3, 4};
  config.pad_token_id = 0;
  EXPECT_EQ(RoundTrip(config), config);
  config.layers = {{8, 2, 64}};
  config.eos_token_ids = {};
  config.bos_token_id = 9;
  config.pad_token_id = std::nullopt;
  EXPECT_EQ(RoundTrip(config), config);
}

TEST(ModelConfig, EqualLayersAreWrittenAsAPlainHuggingFaceConfig) {
  LlamaConfig config = Accepted({{"num_key_value_heads", 4}});
  const json written = json::parse(FormatLlamaConfig(config, "float32"));
  EXPECT_FALSE(written.contains("rankadaptor_layers"));
  EXPECT_EQ(written["architectures"], json::array({"LlamaForCausalLM"}));
  EXPECT_EQ(written["num_key_value_heads"], 4);
  EXPECT_EQ(written["eos_token_id"], 2);
  EXPECT_EQ(written["torch_dtype"], "float32");
}

TEST(ModelConfig, UniformFieldsOfAPrunedModelHoldTheLargestValues) {
  const json written =
      json::parse(FormatLlamaConfig(Accepted(PerLayer()), "float32"));
  EXPECT_EQ(written["num_attention_heads"], 8);
  EXPECT_EQ(written["intermediate_size"], 128);
  EXPECT_EQ(written["rankadaptor_layers"]["intermediate_size"],
            json({128, 5, 77}));
}

TEST(ModelConfig, CountsParameters) {
  LlamaConfig config =
      Accepted({{"num_hidden_layers", 1}, {"num_key_value_heads", 2}});
  // Embedding, q and o, k and v, gate and up and down, two norms, final norm.
  int64_t expected =
      100 * 64 + 2 * 64 * 64 + 2 * 16 * 64 + 3 * 128 * 64 + 2 * 64 + 64;
  config.tie_word_embeddings = true;
  EXPECT_EQ(NumParameters(config), expected);
  config.tie_word_embeddings = false;
  EXPECT_EQ(NumParameters(config), expected + 100 * 64);
}

TEST(ModelConfig, LoadNamesTheFile) {
  const rankadaptor::testing::TemporaryFolder folder;
  EXPECT_EQ(LoadLlamaConfig(folder.path()).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(WriteFileAtomically(folder / "config.json", "{"));
  auto config = LoadLlamaConfig(folder.path());
  EXPECT_EQ(config.error().code, ErrorCode::kDataLoss);
  EXPECT_THAT(config.error().message, HasSubstr("config.json: is not valid"));
  ASSERT_TRUE(WriteFileAtomically(folder / "config.json", Minimal().dump()));
  EXPECT_TRUE(LoadLlamaConfig(folder.path()));
}

}  // namespace
}  // namespace rankadaptor::llama
