// GGUF files, read back by a reader that knows the container only. That real
// programs accept them is shown by experiments/peers.
#include <cmath>
#include <cstring>
#include <map>
#include <sentencepiece_trainer.h>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/export.h"
#include "rankadaptor/llama/tokenizer.h"

#include "evaluators/llama/model/transformer.h"
#include "tests/support/formula_model.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using rankadaptor::testing::TemporaryFolder;
using ::testing::HasSubstr;

struct ReadTensor {
  std::vector<uint64_t> dims;
  uint32_t type = 0;
  uint64_t offset = 0;
};

// A GGUF file's fields and tensors.
class GgufReader {
 public:
  explicit GgufReader(const fs::path& file) : text_(ReadFile(file).value()) {
    EXPECT_EQ(text_.substr(0, 4), "GGUF");
    place_ = 4;
    EXPECT_EQ(Take<uint32_t>(), 3u);
    const auto num_tensors = Take<uint64_t>();
    const auto num_fields = Take<uint64_t>();
    for (uint64_t i = 0; i < num_fields; ++i) {
      const std::string key = TakeString();
      fields[key] = TakeValue(Take<uint32_t>());
    }
    for (uint64_t i = 0; i < num_tensors; ++i) {
      ReadTensor& tensor = tensors[TakeString()];
      tensor.dims.resize(Take<uint32_t>());
      for (uint64_t& size : tensor.dims) size = Take<uint64_t>();
      tensor.type = Take<uint32_t>();
      tensor.offset = Take<uint64_t>();
    }
    place_ = (place_ + 31) / 32 * 32;
  }

  // An fp32 tensor, row-major.
  std::vector<float> Floats(const std::string& name) const {
    const ReadTensor& tensor = tensors.at(name);
    EXPECT_EQ(tensor.type, 0u);
    EXPECT_EQ(tensor.offset % 32, 0u);
    uint64_t count = 1;
    for (uint64_t size : tensor.dims) count *= size;
    std::vector<float> values(count);
    EXPECT_LE(place_ + tensor.offset + 4 * count, text_.size());
    std::memcpy(
        values.data(), text_.data() + place_ + tensor.offset, 4 * count);
    return values;
  }

  json fields;
  std::map<std::string, ReadTensor> tensors;

 private:
  template <typename T>
  T Take() {
    T value{};
    std::memcpy(&value, text_.data() + place_, sizeof value);
    place_ += sizeof value;
    return value;
  }

  std::string TakeString() {
    const auto size = Take<uint64_t>();
    place_ += size;
    return text_.substr(place_ - size, size);
  }

  json TakeValue(uint32_t type) {
    switch (type) {
      case 4:
        return Take<uint32_t>();
      case 5:
        return Take<int32_t>();
      case 6:
        return Take<float>();
      case 7:
        return Take<uint8_t>() != 0;
      case 8:
        return TakeString();
      default:
        break;
    }
    EXPECT_EQ(type, 9u);
    const auto element = Take<uint32_t>();
    const auto count = Take<uint64_t>();
    json values = json::array();
    for (uint64_t i = 0; i < count; ++i) values.push_back(TakeValue(element));
    return values;
  }

  std::string text_;
  size_t place_ = 0;
};

class GgufTest : public ::testing::Test {
 protected:
  GgufTest() { Train("bpe"); }

  void Train(const char* model_type) {
    std::string model;
    ASSERT_TRUE(sentencepiece::SentencePieceTrainer::Train(
                    {{"model_type", model_type},
                     {"vocab_size", "30"},
                     {"hard_vocab_limit", "false"},
                     {"minloglevel", "4"}},
                    {"aabaabaab abab aab", "bab abba"},
                    &model)
                    .ok());
    ASSERT_TRUE(WriteFileAtomically(folder_ / "tokenizer.model", model));
  }

  GgufReader Export(const Model& model, Dtype dtype = Dtype::kFloat32) {
    const Status status = WriteGguf(
        model, folder_.path(), {.dtype = dtype, .name = "small"}, file_);
    EXPECT_TRUE(status) << status.error().message;
    return GgufReader(file_);
  }

  const TemporaryFolder folder_;
  const fs::path file_ = folder_ / "model.gguf";
};

std::vector<float> Values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  const float* data = flat.const_data_ptr<float>();
  return {data, data + flat.numel()};
}

LlamaConfig UniformConfig() {
  LlamaConfig config = SmallConfig();
  config.layers.assign(2, {4, 2, 24});
  return config;
}

TEST_F(GgufTest, EqualLayersAreALlamaWithOneNumberForAll) {
  const GgufReader gguf = Export(RandomModel(UniformConfig(), 1));
  EXPECT_EQ(gguf.fields["general.architecture"], "llama");
  EXPECT_EQ(gguf.fields["general.name"], "small");
  EXPECT_EQ(gguf.fields["llama.block_count"], 2);
  EXPECT_EQ(gguf.fields["llama.attention.head_count"], 4);
  EXPECT_EQ(gguf.fields["llama.attention.head_count_kv"], 2);
  EXPECT_EQ(gguf.fields["llama.feed_forward_length"], 24);
  EXPECT_EQ(gguf.fields["llama.embedding_length"], 16);
  EXPECT_EQ(gguf.fields["llama.attention.key_length"], 4);
  EXPECT_EQ(gguf.fields["llama.rope.dimension_count"], 4);
  EXPECT_FLOAT_EQ(gguf.fields["llama.attention.layer_norm_rms_epsilon"], 1e-5);
}

TEST_F(GgufTest, LayersOfDifferentWidthHaveArrays) {
  const GgufReader gguf = Export(RandomModel(SmallConfig(), 1));
  EXPECT_EQ(gguf.fields["general.architecture"], "deci");
  EXPECT_EQ(gguf.fields["deci.attention.head_count"], json({4, 2, 6}));
  EXPECT_EQ(gguf.fields["deci.attention.head_count_kv"], json({2, 1, 3}));
  EXPECT_EQ(gguf.fields["deci.feed_forward_length"], json({24, 16, 8}));
  EXPECT_EQ(gguf.tensors.at("blk.1.attn_q.weight").dims,
            (std::vector<uint64_t>{16, 8}));
  EXPECT_EQ(gguf.tensors.at("blk.2.ffn_down.weight").dims,
            (std::vector<uint64_t>{8, 16}));
}

TEST_F(GgufTest, TensorsKeepTheirValuesAndRotaryPairsBecomeNeighbours) {
  LlamaConfig config = UniformConfig();
  config.tie_word_embeddings = false;
  const Model model = RandomModel(config, 1);
  const GgufReader gguf = Export(model);
  const internal::Weights& weights = model.transformer().weights();
  const internal::LayerWeights& layer = weights.layers[1];
  EXPECT_EQ(gguf.Floats("token_embd.weight"), Values(weights.embed_tokens));
  EXPECT_EQ(gguf.Floats("output.weight"), Values(weights.lm_head));
  EXPECT_EQ(gguf.Floats("output_norm.weight"), Values(weights.final_norm));
  EXPECT_EQ(gguf.Floats("blk.1.ffn_norm.weight"),
            Values(layer.post_attention_norm));
  EXPECT_EQ(gguf.Floats("blk.1.attn_v.weight"), Values(layer[Projection::kV]));
  // Channels 0, 1, 2, 3 of a head turn as (0, 2) and (1, 3).
  const at::Tensor order =
      at::tensor({0, 2, 1, 3, 4, 6, 5, 7}, at::TensorOptions(at::kLong));
  EXPECT_EQ(gguf.Floats("blk.1.attn_k.weight"),
            Values(layer[Projection::kK].index_select(0, order)));
}

TEST_F(GgufTest, TiedEmbeddingsHaveNoOutput) {
  const GgufReader gguf = Export(RandomModel(UniformConfig(), 1));
  EXPECT_FALSE(gguf.tensors.contains("output.weight"));
  EXPECT_EQ(gguf.tensors.size(), 2u + 2 * 9);
}

TEST_F(GgufTest, VectorsStayFloat32InHalfPrecision) {
  const Model model = RandomModel(UniformConfig(), 1);
  const GgufReader half = Export(model, Dtype::kFloat16);
  EXPECT_EQ(half.tensors.at("blk.0.attn_q.weight").type, 1u);
  EXPECT_EQ(half.tensors.at("blk.0.attn_norm.weight").type, 0u);
  EXPECT_EQ(half.fields["general.file_type"], 1);
  const GgufReader brain = Export(model, Dtype::kBFloat16);
  EXPECT_EQ(brain.tensors.at("blk.0.attn_q.weight").type, 30u);
  EXPECT_EQ(brain.fields["general.file_type"], 32);
}

TEST_F(GgufTest, Llama3ScalingIsAFactorPerFrequency) {
  LlamaConfig config = UniformConfig();
  config.head_dim = 8;
  config.rope_theta = 10000;
  config.rope_scaling =
      Llama3RopeScaling{.factor = 8,
                        .low_freq_factor = 1,
                        .high_freq_factor = 4,
                        .original_max_position_embeddings = 64};
  const GgufReader gguf = Export(RandomModel(config, 1));
  const std::vector<float> factors = gguf.Floats("rope_freqs.weight");
  ASSERT_EQ(factors.size(), 4u);
  // 64 positions are 10.2, 1.02, 0.1 and 0.01 turns: kept; blended with share
  // (64 * 0.1 / 2 pi - 1) / 3 = 0.0062; stretched.
  EXPECT_FLOAT_EQ(factors[0], 1);
  EXPECT_NEAR(factors[1], 1 / ((1 - 0.0062) / 8 + 0.0062), 2e-3);
  EXPECT_FLOAT_EQ(factors[2], 8);
  EXPECT_FLOAT_EQ(factors[3], 8);
}

TEST_F(GgufTest, TheVocabularyIsThatOfTheTokenizerFilledUp) {
  const GgufReader gguf = Export(RandomModel(UniformConfig(), 1));
  const Tokenizer tokenizer = Tokenizer::Load(folder_.path()).value();
  const json& tokens = gguf.fields["tokenizer.ggml.tokens"];
  ASSERT_EQ(tokens.size(), 32u);  // the model's vocab_size
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    EXPECT_EQ(tokens[id], tokenizer.Piece(id));
  }
  EXPECT_EQ(tokens[31], "[UNUSED31]");
  const json& types = gguf.fields["tokenizer.ggml.token_type"];
  EXPECT_EQ(types[0], 2);
  EXPECT_EQ(types[1], 3);
  EXPECT_EQ(types[5], 1);
  EXPECT_EQ(types[31], 5);
  EXPECT_EQ(gguf.fields["tokenizer.ggml.scores"].size(), 32u);
  EXPECT_EQ(gguf.fields["tokenizer.ggml.model"], "llama");
  EXPECT_EQ(gguf.fields["tokenizer.ggml.bos_token_id"], 1);
  EXPECT_EQ(gguf.fields["tokenizer.ggml.eos_token_id"], 2);
  EXPECT_EQ(gguf.fields["tokenizer.ggml.add_space_prefix"], true);
  EXPECT_EQ(gguf.fields["tokenizer.ggml.remove_extra_whitespaces"], true);
}

TEST_F(GgufTest, RefusesVocabulariesThatLlamaCppCannotSplitBy) {
  Train("unigram");
  const Status status =
      WriteGguf(RandomModel(UniformConfig(), 1), folder_.path(), {}, file_);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("is not a BPE model"));
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(GgufTest, RefusesATokenizerLargerThanTheModel) {
  LlamaConfig config = UniformConfig();
  config.vocab_size = 5;
  const Status status =
      WriteGguf(RandomModel(config, 1), folder_.path(), {}, file_);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message,
              HasSubstr("the model's vocab_size is only 5"));
}

// --- Other architectures -----------------------------------------------------

class GgufArchitectureTest : public GgufTest {
 protected:
  // A model of two layers; `changes` to its config.json.
  Model Make(const json& changes) {
    json config = {{"vocab_size", 32},
                   {"hidden_size", 16},
                   {"num_hidden_layers", 2},
                   {"num_attention_heads", 4},
                   {"num_key_value_heads", 2},
                   {"intermediate_size", 24},
                   {"head_dim", 4}};
    config.update(changes);
    rankadaptor::testing::WriteFormulaModel(config.dump(), folder_.path());
    return Model::Load(folder_.path(), {}).value();
  }

  std::string Refusal(const json& changes) {
    const Status status = WriteGguf(Make(changes), folder_.path(), {}, file_);
    return status ? "accepted" : status.error().message;
  }

  // Shapes of two layers as rankadaptor_layers has them.
  const json shapes_ = {{"num_attention_heads", {4, 2}},
                        {"num_key_value_heads", {2, 1}},
                        {"intermediate_size", {24, 8}}};
};

const at::Tensor kNeighbours =
    at::tensor({0, 2, 1, 3, 4, 6, 5, 7}, at::TensorOptions(at::kLong));

TEST_F(GgufArchitectureTest, BiasesOfRotatedRowsMoveWithThem) {
  const Model model = Make(
      {{"model_type", "llama"}, {"attention_bias", true}, {"mlp_bias", true}});
  const GgufReader gguf = Export(model);
  EXPECT_EQ(gguf.fields["general.architecture"], "llama");
  const auto& biases = model.transformer().weights().layers[1].biases;
  const auto bias = [&](Projection p) {
    return biases[static_cast<size_t>(p)];
  };
  EXPECT_EQ(gguf.Floats("blk.1.attn_k.bias"),
            Values(bias(Projection::kK).index_select(0, kNeighbours)));
  EXPECT_EQ(gguf.Floats("blk.1.attn_v.bias"), Values(bias(Projection::kV)));
  EXPECT_EQ(gguf.Floats("blk.1.attn_output.bias"),
            Values(bias(Projection::kO)));
  EXPECT_EQ(gguf.Floats("blk.1.ffn_up.bias"), Values(bias(Projection::kUp)));
}

TEST_F(GgufArchitectureTest, Qwen2IsItselfAndItsRowsStay) {
  const Model model = Make({{"model_type", "qwen2"}});
  const GgufReader gguf = Export(model);
  EXPECT_EQ(gguf.fields["general.architecture"], "qwen2");
  EXPECT_EQ(gguf.fields["qwen2.attention.head_count"], 4);
  const auto& layer = model.transformer().weights().layers[1];
  EXPECT_EQ(gguf.Floats("blk.1.attn_k.weight"), Values(layer[Projection::kK]));
  EXPECT_EQ(gguf.Floats("blk.1.attn_k.bias"),
            Values(layer.biases[static_cast<size_t>(Projection::kK)]));
}

TEST_F(GgufArchitectureTest, PrunedQwen2IsALlamaWithBiases) {
  const Model model =
      Make({{"model_type", "qwen2"}, {"rankadaptor_layers", shapes_}});
  const GgufReader gguf = Export(model);
  EXPECT_EQ(gguf.fields["general.architecture"], "deci");
  EXPECT_EQ(gguf.fields["deci.attention.head_count"], json({4, 2}));
  const auto& layer = model.transformer().weights().layers[0];
  EXPECT_EQ(
      gguf.Floats("blk.0.attn_k.bias"),
      Values(layer.biases[static_cast<size_t>(Projection::kK)].index_select(
          0, kNeighbours)));
  const GgufReader narrow =
      Export(Make({{"model_type", "qwen2"}, {"num_attention_heads", 2}}));
  EXPECT_EQ(narrow.fields["general.architecture"], "llama");
}

TEST_F(GgufArchitectureTest, Qwen3HasItsNormsOfHeads) {
  const Model model = Make({{"model_type", "qwen3"}, {"head_dim", 8}});
  const GgufReader gguf = Export(model);
  EXPECT_EQ(gguf.fields["general.architecture"], "qwen3");
  EXPECT_EQ(gguf.fields["qwen3.attention.key_length"], 8);
  const auto& layer = model.transformer().weights().layers[0];
  EXPECT_EQ(gguf.Floats("blk.0.attn_q_norm.weight"), Values(layer.query_norm));
  EXPECT_EQ(gguf.Floats("blk.0.attn_q.weight"), Values(layer[Projection::kQ]));
}

TEST_F(GgufArchitectureTest, WhatLlamaCppHasNotIsNamed) {
  EXPECT_EQ(Refusal({{"model_type", "qwen3"}, {"rankadaptor_layers", shapes_}}),
            "gguf: model_type = \"qwen3\" is not supported for this model: "
            "llama.cpp's qwen3 has not a shape per layer (--format padded "
            "gives all layers one, and its folder can be written as gguf)");
  EXPECT_THAT(Refusal({{"model_type", "qwen3"}, {"attention_bias", true}}),
              HasSubstr("llama.cpp's qwen3 has not a bias of o_proj"));
  EXPECT_THAT(Refusal({{"model_type", "qwen3"},
                       {"rope_scaling",
                        {{"rope_type", "llama3"},
                         {"factor", 8.0},
                         {"low_freq_factor", 1.0},
                         {"high_freq_factor", 4.0},
                         {"original_max_position_embeddings", 32}}}}),
              HasSubstr("llama.cpp's qwen3 has not rope_type llama3"));
  EXPECT_THAT(Refusal({{"model_type", "mistral"}, {"sliding_window", 8}}),
              HasSubstr("gguf: sliding_window = 8 is not supported"));
  EXPECT_FALSE(fs::exists(file_));
}

// --- Byte-level BPE ----------------------------------------------------------

class ByteLevelGgufTest : public GgufArchitectureTest {
 protected:
  // The model of a tokenizer of the unit tests with four ids more.
  GgufReader ExportWith(const std::string& kind) {
    fs::remove(folder_ / "tokenizer.model");
    for (const char* name : {"tokenizer.json", "tokenizer_config.json"}) {
      fs::copy_file(fs::path(TOKENIZERS_FOLDER) / kind / name,
                    folder_ / name,
                    fs::copy_options::overwrite_existing);
    }
    const Tokenizer tokenizer = Tokenizer::Load(folder_.path()).value();
    return Export(Make(
        {{"model_type", "llama"}, {"vocab_size", tokenizer.vocab_size() + 4}}));
  }

  json Original() {
    return json::parse(ReadFile(folder_ / "tokenizer.json").value());
  }
};

TEST_F(ByteLevelGgufTest, TokensMergesAndNamesAreThoseOfTheFile) {
  const GgufReader gguf = ExportWith("llama3");
  const json& fields = gguf.fields;
  const json original = Original();
  const Tokenizer tokenizer = Tokenizer::Load(folder_.path()).value();
  EXPECT_EQ(fields["tokenizer.ggml.model"], "gpt2");
  EXPECT_EQ(fields["tokenizer.ggml.pre"], "llama-bpe");
  const json& tokens = fields["tokenizer.ggml.tokens"];
  const auto size = static_cast<size_t>(tokenizer.vocab_size());
  ASSERT_EQ(tokens.size(), size + 4);
  for (const auto& [token, id] : original["model"]["vocab"].items()) {
    EXPECT_EQ(tokens[id.get<size_t>()], token);
  }
  EXPECT_EQ(tokens[size], "[UNUSED" + std::to_string(size) + "]");
  const json& merges = fields["tokenizer.ggml.merges"];
  ASSERT_EQ(merges.size(), original["model"]["merges"].size());
  const json& types = fields["tokenizer.ggml.token_type"];
  EXPECT_EQ(types[5], 1);
  EXPECT_EQ(types[static_cast<size_t>(tokenizer.bos_id())], 3);
  EXPECT_EQ(types[size], 5);
  EXPECT_EQ(fields["tokenizer.ggml.add_bos_token"], true);
  EXPECT_FALSE(fields.contains("tokenizer.ggml.scores"));
}

TEST_F(ByteLevelGgufTest, QwensTextsBeginWithNothing) {
  const GgufReader gguf = ExportWith("qwen2");
  EXPECT_EQ(gguf.fields["tokenizer.ggml.pre"], "qwen2");
  EXPECT_EQ(gguf.fields["tokenizer.ggml.add_bos_token"], false);
  const json& tokens = gguf.fields["tokenizer.ggml.tokens"];
  const json& types = gguf.fields["tokenizer.ggml.token_type"];
  const auto tool = std::ranges::find(tokens, json("<tool>")) - tokens.begin();
  EXPECT_EQ(types[static_cast<size_t>(tool)], 4);
}

TEST_F(ByteLevelGgufTest, Gpt2sWayOfCuttingIsKnown) {
  EXPECT_EQ(ExportWith("gpt2").fields["tokenizer.ggml.pre"], "gpt-2");
}

TEST_F(ByteLevelGgufTest, SmolLmsWayOfCuttingIsKnown) {
  EXPECT_EQ(ExportWith("smollm").fields["tokenizer.ggml.pre"], "smollm");
}

TEST_F(ByteLevelGgufTest, TheChatTemplateComesAlong) {
  constexpr const char* kField = "tokenizer.chat_template";
  EXPECT_FALSE(ExportWith("llama3").fields.contains(kField));
  const auto with = [&](const char* file, const std::string& text) {
    EXPECT_TRUE(WriteFileAtomically(folder_ / file, text));
    return Export(Make({{"model_type", "llama"}, {"vocab_size", 500}}))
        .fields[kField];
  };
  const json config = {{"eos_token", "<|eot_id|>"}};
  json one = config;
  one["chat_template"] = "{{ one }}";
  EXPECT_EQ(with("tokenizer_config.json", one.dump()), "{{ one }}");
  json many = config;
  many["chat_template"] = {{{"name", "tool_use"}, {"template", "no"}},
                           {{"name", "default"}, {"template", "{{ many }}"}}};
  EXPECT_EQ(with("tokenizer_config.json", many.dump()), "{{ many }}");
  EXPECT_EQ(with("chat_template.jinja", "{{ own }}"), "{{ own }}");
}

TEST_F(ByteLevelGgufTest, OtherWaysOfCuttingAreRefused) {
  ExportWith("llama3");
  json file = Original();
  file["model"]["ignore_merges"] = false;
  ASSERT_TRUE(WriteFileAtomically(folder_ / "tokenizer.json", file.dump()));
  EXPECT_THAT(Refusal({{"model_type", "llama"}, {"vocab_size", 500}}),
              HasSubstr("tokenizer.json: its pre_tokenizer and ignore_merges "
                        "are none that llama.cpp has"));
}

TEST_F(ByteLevelGgufTest, OneTextUnderTwoIdsIsRefused) {
  ExportWith("llama3");
  json file = Original();
  file["added_tokens"].push_back(
      {{"content", "a"}, {"id", 420}, {"special", false}});
  ASSERT_TRUE(WriteFileAtomically(folder_ / "tokenizer.json", file.dump()));
  EXPECT_THAT(Refusal({{"model_type", "llama"}, {"vocab_size", 500}}),
              HasSubstr("two ids have the token \"a\""));
}

}  // namespace
}  // namespace rankadaptor::llama
