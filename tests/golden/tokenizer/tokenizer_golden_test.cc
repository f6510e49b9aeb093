// Ids, pieces and texts of SentencePiece's own program on the test strings.
#include <gmock/gmock.h>

#include "rankadaptor/llama/tokenizer.h"

#include "tests/golden/support/golden.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using rankadaptor::testing::Compared;
using rankadaptor::testing::GoldenCases;
using rankadaptor::testing::GoldenFolders;
using rankadaptor::testing::ReadJson;

using Ids = std::vector<int32_t>;

void ComparePieces(const Tokenizer& tokenizer, const json& item) {
  const Ids ids = item["sp_ids"].get<Ids>();
  for (size_t i = 0; i < ids.size(); ++i) {
    // The reference lists the unknown text itself, a piece is that of an id.
    if (ids[i] == tokenizer.unk_id()) continue;
    EXPECT_EQ(tokenizer.Piece(ids[i]), item["sp_pieces"][i].get<std::string>());
    Compared(1);
  }
}

void CompareDecoded(const Tokenizer& tokenizer,
                    const Ids& ids,
                    const json& expected) {
  auto text = tokenizer.Decode(ids);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, expected.get<std::string>());
  Compared(1);
}

void CompareItems(const Tokenizer& tokenizer, const json& items) {
  ASSERT_FALSE(items.empty());
  for (const json& item : items) {
    const std::string text = item["text"].get<std::string>();
    SCOPED_TRACE(text);
    const Ids expected = item["sp_ids"].get<Ids>();
    auto ids = tokenizer.Encode(text);
    ASSERT_TRUE(ids) << ids.error().message;
    EXPECT_EQ(*ids, expected);
    Compared(static_cast<int64_t>(expected.size()) + 1);
    CompareDecoded(tokenizer, expected, item["sp_decode"]);
    if (item.contains("sp_pieces") && item["sp_pieces"].is_array()) {
      ComparePieces(tokenizer, item);
    }
  }
}

TEST(GoldenTokenizer, ModelsMatchSentencePiece) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const auto& c : GoldenCases("forward", "tokenize_")) {
    SCOPED_TRACE(c.name);
    auto tokenizer = Tokenizer::Load(c.model);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    CompareItems(*tokenizer, c.data["items"]);
    for (const json& list : c.data["decode"]) {
      CompareDecoded(*tokenizer, list["ids"].get<Ids>(), list["sp_decode"]);
    }
  }
}

TEST(GoldenTokenizer, VariantsMatchSentencePiece) {
  RA_SKIP_WITHOUT_GOLDEN();
  for (const fs::path& folder : GoldenFolders("tokenizer_variants")) {
    SCOPED_TRACE(folder);
    auto tokenizer = Tokenizer::Load(folder);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    CompareItems(*tokenizer, ReadJson(folder / "tokenize.json")["items"]);
  }
}

}  // namespace
}  // namespace rankadaptor::llama
