#include "rankadaptor/llama/tokenizer.h"

#include <sentencepiece_trainer.h>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

// A vocabulary of 40 pieces with <unk>, <s> and </s> as 0, 1 and 2.
std::string TrainModel(const std::string& bos_id) {
  const std::vector<std::string> sentences(
      20, "the cat sat on the mat and the dog ran to the red barn");
  std::string model;
  const auto status =
      sentencepiece::SentencePieceTrainer::Train({{"model_type", "bpe"},
                                                  {"vocab_size", "40"},
                                                  {"bos_id", bos_id},
                                                  {"hard_vocab_limit", "false"},
                                                  {"minloglevel", "3"}},
                                                 sentences,
                                                 &model);
  EXPECT_TRUE(status.ok()) << status.message();
  return model;
}

const std::string& Model() {
  static const std::string model = TrainModel("1");
  return model;
}

class TokenizerTest : public ::testing::Test {
 protected:
  Result<Tokenizer> Load(std::string_view bytes) {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "tokenizer.model", bytes));
    return Tokenizer::Load(folder_.path());
  }

  const TemporaryFolder folder_;
};

TEST_F(TokenizerTest, DecodesWhatItEncoded) {
  const Tokenizer tokenizer = Load(Model()).value();
  const std::vector<int32_t> ids = tokenizer.Encode("the cat ran").value();
  EXPECT_GT(ids.size(), 1u);
  EXPECT_EQ(tokenizer.Decode(ids).value(), "the cat ran");
}

TEST_F(TokenizerTest, AddsNeitherBosNorEos) {
  const Tokenizer tokenizer = Load(Model()).value();
  EXPECT_TRUE(tokenizer.Encode("").value().empty());
  const std::vector<int32_t> ids = tokenizer.Encode("the mat").value();
  for (int32_t id : ids) {
    EXPECT_NE(id, tokenizer.bos_id());
    EXPECT_NE(id, tokenizer.eos_id());
  }
}

TEST_F(TokenizerTest, KnowsItsSpecialIds) {
  const Tokenizer tokenizer = Load(Model()).value();
  EXPECT_EQ(tokenizer.unk_id(), 0);
  EXPECT_EQ(tokenizer.bos_id(), 1);
  EXPECT_EQ(tokenizer.eos_id(), 2);
  EXPECT_EQ(tokenizer.Piece(1), "<s>");
  EXPECT_GT(tokenizer.vocab_size(), 20);
}

TEST_F(TokenizerTest, ModelWithoutBosSaysSo) {
  EXPECT_EQ(Load(TrainModel("-1")).value().bos_id(), -1);
}

TEST_F(TokenizerTest, PiecesJoinToTheText) {
  const Tokenizer tokenizer = Load(Model()).value();
  const std::vector<int32_t> ids = tokenizer.Encode("the").value();
  std::string joined;
  for (int32_t id : ids) {
    joined += tokenizer.Piece(id);
  }
  EXPECT_EQ(joined, "\xe2\x96\x81the");
  EXPECT_EQ(tokenizer.Piece(-1), "");
  EXPECT_EQ(tokenizer.Piece(tokenizer.vocab_size()), "");
}

TEST_F(TokenizerTest, AcceptsAnyBytes) {
  const Tokenizer tokenizer = Load(Model()).value();
  EXPECT_TRUE(tokenizer.Encode(std::string_view("\xff\0\x80 the", 7)));
}

TEST_F(TokenizerTest, RefusesIdsOutsideTheVocabulary) {
  const Tokenizer tokenizer = Load(Model()).value();
  EXPECT_FALSE(tokenizer.Decode({-1}));
  auto text = tokenizer.Decode({1, tokenizer.vocab_size()});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(text.error().message, HasSubstr("is not from 0 to"));
}

TEST_F(TokenizerTest, MissingFilesAreNamed) {
  auto tokenizer = Tokenizer::Load(folder_.path());
  EXPECT_EQ(tokenizer.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(tokenizer.error().message,
              HasSubstr("has neither tokenizer.model nor tokenizer.json"));
}

TEST_F(TokenizerTest, ModelWinsOverJson) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "tokenizer.json", "{}"));
  EXPECT_EQ(Load(Model()).value().Piece(1), "<s>");
}

TEST_F(TokenizerTest, AModelThatIsNotSentencePiecesNamesTheWayOut) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "tokenizer.json", "{}"));
  EXPECT_THAT(Load("IQ== 0\nIg== 1\n").error().message,
              HasSubstr("without it, tokenizer.json is read"));
}

TEST_F(TokenizerTest, DamagedModelIsRefusedQuietly) {
  ::testing::internal::CaptureStderr();
  for (const std::string& bytes : {std::string(),
                                   std::string("not a model"),
                                   std::string(100, '\xff'),
                                   Model().substr(0, Model().size() / 2),
                                   Model() + "\x01"}) {
    auto tokenizer = Load(bytes);
    ASSERT_FALSE(tokenizer);
    EXPECT_EQ(tokenizer.error().code, ErrorCode::kDataLoss);
    EXPECT_THAT(tokenizer.error().message,
                AllOf(HasSubstr("tokenizer.model: "),
                      HasSubstr("is not a SentencePiece model")));
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(TokenizerTest, ACopyThatAFullDiskCutsShortIsNamed) {
  const TemporaryFolder from;
  const TemporaryFolder to;
  ASSERT_TRUE(WriteFileAtomically(from / "tokenizer.model", Model()));
  {
    const rankadaptor::testing::FileSizeLimit limit(10);
    const Status copied = CopyTokenizerFiles(from.path(), to.path());
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, ErrorCode::kResourceExhausted);
    EXPECT_THAT(copied.error().message,
                HasSubstr((to / "tokenizer.model").string()));
    EXPECT_TRUE(std::filesystem::is_empty(to.path()));
  }
  ASSERT_TRUE(CopyTokenizerFiles(from.path(), to.path()));
  EXPECT_EQ(ReadFile(to / "tokenizer.model").value(), Model());
}

TEST_F(TokenizerTest, CopiesWhatTextsAndChatsNeedAndNothingElse) {
  const TemporaryFolder from;
  const TemporaryFolder to;
  const std::vector<std::string> copied = {"tokenizer.json",
                                           "tokenizer_config.json",
                                           "special_tokens_map.json",
                                           "added_tokens.json",
                                           "vocab.json",
                                           "merges.txt",
                                           "chat_template.jinja",
                                           "generation_config.json"};
  for (const std::string& name : copied) {
    ASSERT_TRUE(WriteFileAtomically(from / name, name));
  }
  for (const char* name : {"config.json", "README.md", "model.safetensors"}) {
    ASSERT_TRUE(WriteFileAtomically(from / name, "not copied"));
  }
  ASSERT_TRUE(CopyTokenizerFiles(from.path(), to.path()));
  for (const std::string& name : copied) {
    EXPECT_EQ(ReadFile(to / name).value(), name);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(to.path()), {}),
            static_cast<std::ptrdiff_t>(copied.size()));
}

TEST_F(TokenizerTest, VocabularyMustFitTheModel) {
  const Tokenizer tokenizer = Load(Model()).value();
  LlamaConfig config;
  config.vocab_size = tokenizer.vocab_size();
  EXPECT_TRUE(CheckVocabulary(tokenizer, config));
  config.vocab_size -= 1;
  EXPECT_FALSE(CheckVocabulary(tokenizer, config));
}

}  // namespace
}  // namespace rankadaptor::llama
