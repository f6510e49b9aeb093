// tokenizer.json: small tokenizers that the real library trained, with what it
// makes of some two hundred strings (experiments/peers/tokenizers_compare.py),
// and what is refused.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/tokenizer.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

fs::path Folder(const std::string& kind) {
  return fs::path(TOKENIZERS_FOLDER) / kind;
}

json ReadJson(const fs::path& file) {
  return json::parse(ReadFile(file).value());
}

Tokenizer Load(const std::string& kind) {
  auto tokenizer = Tokenizer::Load(Folder(kind));
  EXPECT_TRUE(tokenizer) << tokenizer.error().message;
  return std::move(tokenizer).value();
}

class ByteLevelBpeTest : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Kinds,
                         ByteLevelBpeTest,
                         ::testing::Values("llama3", "qwen2", "gpt2", "smollm"),
                         [](const auto& info) { return info.param; });

TEST_P(ByteLevelBpeTest, EncodesAndDecodesAsTheRealLibrary) {
  const Tokenizer tokenizer = Load(GetParam());
  const json golden = ReadJson(Folder(GetParam()) / "strings.json");
  ASSERT_GT(golden["cases"].size(), 150u);
  for (const json& item : golden["cases"]) {
    const auto text = item["text"].get<std::string>();
    const auto ids = item["ids"].get<std::vector<int32_t>>();
    EXPECT_EQ(tokenizer.Encode(text).value(), ids) << item["text"];
    EXPECT_EQ(tokenizer.Decode(ids).value(), item["decoded"]) << item["text"];
  }
}

TEST(ByteLevelBpe, BosIsWhatThePostProcessorPutsFirst) {
  const Tokenizer llama3 = Load("llama3");
  EXPECT_EQ(llama3.Piece(llama3.bos_id()), "<|begin_of_text|>");
  EXPECT_EQ(llama3.Piece(llama3.eos_id()), "<|eot_id|>");
  const Tokenizer qwen2 = Load("qwen2");
  EXPECT_EQ(qwen2.bos_id(), -1);
  EXPECT_EQ(qwen2.Piece(qwen2.eos_id()), "<|im_end|>");
  EXPECT_EQ(qwen2.unk_id(), -1);
}

TEST(ByteLevelBpe, WhatIsNotUtf8CountsAsTheReplacementCharacter) {
  const Tokenizer tokenizer = Load("gpt2");
  EXPECT_EQ(tokenizer.Encode("a\xff").value(),
            tokenizer.Encode("a\xef\xbf\xbd").value());
}

TEST(ByteLevelBpe, LongWordsTakeNoQuadraticTime) {
  const Tokenizer tokenizer = Load("llama3");
  const std::string text(1 << 20, 'a');
  const auto ids = tokenizer.Encode(text).value();
  EXPECT_EQ(tokenizer.Decode(ids).value(), text);
}

// --- What is refused ---------------------------------------------------------

class TokenizerJsonTest : public ::testing::Test {
 protected:
  // The sentence about llama3's file with `value` at `pointer`.
  std::string Refusal(const char* pointer, const json& value) {
    json file = original_;
    file[json::json_pointer(pointer)] = value;
    return RefusalOf(file.dump());
  }
  std::string RefusalOf(const std::string& text) {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "tokenizer.json", text));
    const auto tokenizer = Tokenizer::Load(folder_.path());
    return tokenizer ? "accepted" : tokenizer.error().message;
  }

  const testing::TemporaryFolder folder_;
  const json original_ = ReadJson(Folder("llama3") / "tokenizer.json");
};

TEST_F(TokenizerJsonTest, OtherKindsOfTokenizersAreRefusedByName) {
  EXPECT_THAT(Refusal("/model/type", "WordPiece"),
              HasSubstr("tokenizer.json: model: type = \"WordPiece\" is not "
                        "supported (supported: \"BPE\")"));
  EXPECT_THAT(Refusal("/model/byte_fallback", true),
              HasSubstr("SentencePiece tokenizer.model, put that beside it"));
  EXPECT_THAT(Refusal("/model/end_of_word_suffix", "</w>"),
              HasSubstr("end_of_word_suffix = \"</w>\" is not supported"));
  EXPECT_THAT(Refusal("/model/dropout", 0.1), HasSubstr("dropout = 0.1"));
  EXPECT_THAT(Refusal("/normalizer", {{"type", "Lowercase"}}),
              HasSubstr("normalizer: type = \"Lowercase\""));
  EXPECT_THAT(Refusal("/pre_tokenizer", {{"type", "Metaspace"}}),
              HasSubstr("pre_tokenizer: type = \"Metaspace\""));
  EXPECT_THAT(Refusal("/pre_tokenizer/pretokenizers/0/behavior", "Removed"),
              HasSubstr("behavior = \"Removed\" is not supported"));
  EXPECT_THAT(Refusal("/pre_tokenizer/pretokenizers/1/add_prefix_space", true),
              HasSubstr("add_prefix_space = true is not supported"));
  EXPECT_THAT(Refusal("/decoder/type", "Metaspace"), HasSubstr("decoder: "));
  EXPECT_THAT(Refusal("/post_processor", {{"type", "BertProcessing"}}),
              HasSubstr("post_processor: type = \"BertProcessing\""));
  EXPECT_THAT(Refusal("/added_tokens/0/lstrip", true),
              HasSubstr("added_tokens[0]: lstrip = true is not supported"));
}

TEST_F(TokenizerJsonTest, TemplatesOfMoreThanOneTokenBeforeAreRefused) {
  json file = original_;
  json& single = file["post_processor"]["processors"][1]["single"];
  single.push_back(single[0]);
  EXPECT_THAT(RefusalOf(file.dump()), HasSubstr("single = [...] is not"));
}

TEST_F(TokenizerJsonTest, DamageIsNamed) {
  EXPECT_THAT(RefusalOf("{"), HasSubstr("tokenizer.json: is not valid JSON"));
  EXPECT_THAT(RefusalOf("{}"), HasSubstr("model is missing"));
  EXPECT_THAT(Refusal("/model/vocab", json::object()), HasSubstr("is empty"));
  EXPECT_THAT(Refusal("/model/vocab/a", -1), HasSubstr("a = -1 is not"));
  EXPECT_THAT(Refusal("/model/vocab/new", 0), HasSubstr("the same id 0"));
  EXPECT_THAT(Refusal("/model/merges/0", "a b c"),
              HasSubstr("merges[0] = \"a b c\" is not a pair of tokens"));
  EXPECT_THAT(Refusal("/model/merges/0", {"a", "qqq"}),
              HasSubstr("are not two tokens that make a third"));
  EXPECT_THAT(
      Refusal("/pre_tokenizer/pretokenizers/0/pattern/Regex", "(a"),
      HasSubstr("\"(a\" is not a regular expression that ICU understands"));
  EXPECT_THAT(Refusal("/added_tokens/0/content", ""), HasSubstr("is empty"));
}

TEST_F(TokenizerJsonTest, EosMustBeAToken) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "tokenizer_config.json",
                                  R"({"eos_token": "<nope>"})"));
  EXPECT_THAT(RefusalOf(original_.dump()),
              HasSubstr("has no token \"<nope>\", which is to be EOS"));
  ASSERT_TRUE(WriteFileAtomically(folder_ / "tokenizer_config.json",
                                  R"({"eos_token": 7})"));
  EXPECT_THAT(RefusalOf(original_.dump()),
              HasSubstr("tokenizer_config.json: eos_token = 7"));
}

TEST_F(TokenizerJsonTest, SpecialTokensMapFillsInWhatTheConfigLeavesOut) {
  ASSERT_TRUE(WriteFileAtomically(
      folder_ / "special_tokens_map.json",
      R"({"eos_token": {"content": "<|end_of_text|>", "lstrip": false}})"));
  ASSERT_EQ(RefusalOf(original_.dump()), "accepted");
  const Tokenizer tokenizer = Tokenizer::Load(folder_.path()).value();
  EXPECT_EQ(tokenizer.Piece(tokenizer.eos_id()), "<|end_of_text|>");
}

TEST_F(TokenizerJsonTest, AddBosTokenCountsWithoutATemplate) {
  json file = original_;
  file["post_processor"] = nullptr;
  ASSERT_TRUE(WriteFileAtomically(
      folder_ / "tokenizer_config.json",
      R"({"bos_token": "<|begin_of_text|>", "add_bos_token": true})"));
  ASSERT_EQ(RefusalOf(file.dump()), "accepted");
  const Tokenizer tokenizer = Tokenizer::Load(folder_.path()).value();
  EXPECT_EQ(tokenizer.Piece(tokenizer.bos_id()), "<|begin_of_text|>");
}

}  // namespace
}  // namespace rankadaptor::llama
