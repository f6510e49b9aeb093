#include "rankadaptor/llama/recovery_data.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"
#include "tests/support/trained_tokenizer.h"
#include "tests/unit/llama_training/sha256.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::Sha256;
using rankadaptor::testing::TemporaryFolder;
using rankadaptor::testing::TrainedTokenizer;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;

std::vector<int32_t> Encode(std::string_view text) {
  return TrainedTokenizer().Encode(text).value();
}

TEST(Sha256, DigestsOfTheStandard) {
  EXPECT_EQ(Sha256("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(InstructionPrompt, HasTheBytesOfTheAlpacaTemplates) {
  const std::string with_input =
      InstructionPrompt({"{instruction}", "{input}", ""}, PromptStyle::kAlpaca);
  EXPECT_EQ(with_input.size(), 225U);
  EXPECT_EQ(Sha256(with_input),
            "f1b8970aa9b05de470dbd1413609a155a16c9e9cfe4efbf01cf38dc2049fde66");
  const std::string without_input =
      InstructionPrompt({"{instruction}", "", ""}, PromptStyle::kAlpaca);
  EXPECT_EQ(without_input.size(), 153U);
  EXPECT_EQ(Sha256(without_input),
            "7768da83ee0feb389c3bbcac0841599b1f953ff9ee5c448ec02fc560d762893f");
}

TEST(InstructionPrompt, PunctuatesTheOneLineStyle) {
  auto prompt = [](const char* instruction, const char* input) {
    return InstructionPrompt({instruction, input, ""},
                             PromptStyle::kNoInstruction);
  };
  EXPECT_EQ(prompt("Add.", "1 2"), "Add: 1 2. ");
  EXPECT_EQ(prompt("Add", "1 2!"), "Add: 1 2! ");
  EXPECT_EQ(prompt("Why?", ""), "Why?  ");
}

TEST(PromptStyle, NamesRoundTripAndOthersAreRefused) {
  EXPECT_EQ(ParsePromptStyle("alpaca"), PromptStyle::kAlpaca);
  EXPECT_EQ(ParsePromptStyle("no_instruction"), PromptStyle::kNoInstruction);
  EXPECT_EQ(ParsePromptStyle("chat").error().message,
            "prompt style \"chat\" is not one of alpaca, no_instruction");
}

const InstructionExample kExample = {"the cat", "", "sat on the mat"};

InstructionOptions OneLine() {
  InstructionOptions options;
  options.prompt_style = PromptStyle::kNoInstruction;
  return options;
}

TEST(MakeInstructionRow, LearnsTheAnswerAndItsEnd) {
  const TrainingRow row =
      MakeInstructionRow(kExample, TrainedTokenizer(), OneLine()).value();
  const auto joint = Encode("the cat:  sat on the mat");
  const size_t prompt = 1 + Encode("the cat:  ").size();
  ASSERT_EQ(row.ids.size(), joint.size() + 2);
  EXPECT_EQ(row.ids.front(), 1);
  EXPECT_EQ(row.ids.back(), 2);
  for (size_t i = 0; i < row.ids.size(); ++i) {
    EXPECT_EQ(row.labels[i], i < prompt ? kIgnoredLabel : row.ids[i]) << i;
  }
}

TEST(MakeInstructionRow, LearnsThePromptTooIfAsked) {
  InstructionOptions options = OneLine();
  options.train_on_inputs = true;
  const TrainingRow row =
      MakeInstructionRow(kExample, TrainedTokenizer(), options).value();
  EXPECT_EQ(row.labels, row.ids);
}

TEST(MakeInstructionRow, CutsAndThenAddsNoEnd) {
  InstructionOptions options = OneLine();
  options.cutoff_length = 8;
  const TrainingRow row =
      MakeInstructionRow(kExample, TrainedTokenizer(), options).value();
  EXPECT_EQ(row.ids.size(), 8U);
  EXPECT_NE(row.ids.back(), 2);
}

// Rows of LLM-Pruner's preparation with real tokenizers, with and without BOS
// (experiments/peers/instruction_rows.py).
class ByteLevelRows : public ::testing::TestWithParam<const char*> {
 protected:
  const std::filesystem::path folder_ =
      std::filesystem::path(TOKENIZERS_FOLDER) / GetParam();
  const Tokenizer tokenizer_ = Tokenizer::Load(folder_).value();
};

INSTANTIATE_TEST_SUITE_P(Kinds,
                         ByteLevelRows,
                         ::testing::Values("llama3", "qwen2", "gpt2"),
                         [](const auto& info) { return info.param; });

TEST_P(ByteLevelRows, AreThoseOfTheReference) {
  const auto golden = nlohmann::json::parse(
      ReadFile(folder_ / "instruction_rows.json").value());
  ASSERT_EQ(golden["rows"].size(), 24U);
  for (const auto& expected : golden["rows"]) {
    const auto& example = expected["example"];
    InstructionOptions options = OneLine();
    options.cutoff_length = expected["cutoff_length"];
    options.train_on_inputs = expected["train_on_inputs"];
    const TrainingRow row =
        MakeInstructionRow(
            {example["instruction"], example["input"], example["output"]},
            tokenizer_,
            options)
            .value();
    EXPECT_EQ(row.ids, expected["ids"].get<std::vector<int32_t>>()) << example;
    EXPECT_EQ(row.labels, expected["labels"].get<std::vector<int32_t>>())
        << example;
  }
}

TEST(LoadText, BeginsDocumentsWithNothingWhereTextsHaveNoBos) {
  const Tokenizer qwen =
      Tokenizer::Load(std::filesystem::path(TOKENIZERS_FOLDER) / "qwen2")
          .value();
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "text", "the cat sat"));
  TextOptions options;
  options.append_eos = true;
  const auto data = LoadText(folder / "text", qwen, options);
  ASSERT_TRUE(data.has_value()) << data.error().message;
  std::vector<int32_t> expected = qwen.Encode("the cat sat").value();
  expected.push_back(qwen.eos_id());
  ASSERT_EQ(data->rows.size(), 1U);
  EXPECT_EQ(data->rows[0].ids, expected);
  EXPECT_EQ(data->rows[0].labels, expected);
}

class RecoveryFiles : public ::testing::Test {
 protected:
  std::filesystem::path Write(std::string_view contents) {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "data", contents));
    return folder_ / "data";
  }
  std::string AlpacaError(std::string_view contents) {
    const auto data = LoadAlpaca(Write(contents), TrainedTokenizer(), {});
    return data.has_value() ? "accepted" : data.error().message;
  }

  const TemporaryFolder folder_;
};

TEST_F(RecoveryFiles, AlpacaRowsAreThoseOfTheirExamples) {
  const auto data = LoadAlpaca(
      Write(R"([{"instruction": "the cat", "output": "sat on the mat"},
                {"instruction": "the cat", "input": "", "output": "ran"}])"),
      TrainedTokenizer(),
      OneLine());
  ASSERT_TRUE(data.has_value()) << data.error().message;
  ASSERT_EQ(data->rows.size(), 2U);
  EXPECT_EQ(data->rows[0].ids,
            MakeInstructionRow(kExample, TrainedTokenizer(), OneLine())->ids);
  EXPECT_EQ(data->num_rows_without_target, 0);
}

TEST_F(RecoveryFiles, RowsWhosePromptFillsThemAreCountedAndLeftOut) {
  InstructionOptions options = OneLine();
  options.cutoff_length = 8;
  const auto data = LoadAlpaca(
      Write(R"([{"instruction": "the", "output": "cat sat on the mat"},
                {"instruction": "the cat sat on the mat and the dog ran",
                 "output": "to"}])"),
      TrainedTokenizer(),
      options);
  ASSERT_TRUE(data.has_value()) << data.error().message;
  EXPECT_EQ(data->rows.size(), 1U);
  EXPECT_EQ(data->num_rows_without_target, 1);
}

TEST_F(RecoveryFiles, BadAlpacaFilesAreRefusedByRowAndField) {
  EXPECT_THAT(AlpacaError("[{"), EndsWith("data: is not JSON"));
  EXPECT_THAT(AlpacaError("{}"),
              EndsWith("data: is not a list of {instruction, input, output}"));
  EXPECT_THAT(AlpacaError("[7]"), EndsWith("data: row 0: is not an object"));
  EXPECT_THAT(AlpacaError(R"([{"instruction": "a"}])"),
              EndsWith("data: row 0: output is missing"));
  EXPECT_THAT(AlpacaError(R"([{"instruction": "a", "output": 3}])"),
              EndsWith("data: row 0: output = 3 is not a string"));
  EXPECT_THAT(AlpacaError("[]"), HasSubstr("has no training rows"));
  const auto missing = LoadAlpaca(folder_ / "no", TrainedTokenizer(), {});
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

TEST_F(RecoveryFiles, TextIsCutIntoWindowsThatOverlapByOneId) {
  TextOptions options;
  options.cutoff_length = 5;
  options.append_eos = true;
  const auto data = LoadText(Write(" the cat sat on\n<|endoftext|>\nthe mat"),
                             TrainedTokenizer(),
                             options);
  ASSERT_TRUE(data.has_value()) << data.error().message;
  std::vector<int32_t> first = {1};
  for (int32_t id : Encode("the cat sat on")) first.push_back(id);
  first.push_back(2);
  std::vector<int32_t> joined = data->rows[0].ids;
  size_t row = 1;
  for (; data->rows[row].ids.front() != 1; ++row) {
    EXPECT_EQ(data->rows[row].ids.front(), joined.back());
    EXPECT_LE(data->rows[row].ids.size(), 5U);
    joined.insert(joined.end(),
                  data->rows[row].ids.begin() + 1,
                  data->rows[row].ids.end());
  }
  EXPECT_EQ(joined, first);
  EXPECT_EQ(data->rows[row].labels, data->rows[row].ids);
}

TEST_F(RecoveryFiles, TextSeparatorsAreChosen) {
  const auto file = Write("the cat\n\nthe dog\n\n\n\n");
  auto num_rows = [&](const char* separator) {
    TextOptions options;
    options.document_separator = separator;
    return LoadText(file, TrainedTokenizer(), options)->rows.size();
  };
  EXPECT_EQ(num_rows("\n\n"), 2U);
  EXPECT_EQ(num_rows(""), 1U);
  EXPECT_EQ(num_rows("<|endoftext|>"), 1U);
}

TEST_F(RecoveryFiles, TextWithoutWordsIsRefused) {
  const auto data =
      LoadText(Write(" \n <|endoftext|> "), TrainedTokenizer(), {});
  ASSERT_FALSE(data.has_value());
  EXPECT_THAT(data.error().message, HasSubstr("has no training rows"));
  TextOptions options;
  options.cutoff_length = 1;
  EXPECT_EQ(LoadText(Write("the"), TrainedTokenizer(), options).error().message,
            "cutoff_length = 1 is less than 2");
}

TEST_F(RecoveryFiles, JsonLinesAreOneDocumentEach) {
  const auto data = LoadJsonLines(
      Write("{\"text\": \"the cat\\n<|endoftext|>\"}\n\n{\"text\": \"the\"}\n"),
      TrainedTokenizer(),
      {});
  ASSERT_TRUE(data.has_value()) << data.error().message;
  EXPECT_EQ(data->rows.size(), 2U);
  const auto refused = LoadJsonLines(
      Write("{\"text\": \"the\"}\n{\"title\": 3}\n"), TrainedTokenizer(), {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message,
              EndsWith("data: line 2: text is missing"));
}

TEST(Collate, PadsOnTheLeftToAMultipleOfEight) {
  const std::vector<TrainingRow> rows = {
      {{1, 5, 6, 7, 8, 9, 10, 11, 12}, {1, 5, 6, 7, 8, 9, 10, 11, 12}},
      {{1, 5}, {kIgnoredLabel, 5}}};
  const TokenBatch batch = Collate(rows);
  EXPECT_EQ(batch.num_rows, 2);
  EXPECT_EQ(batch.row_length, 16);
  const std::vector<int64_t> ids(batch.ids.begin() + 16, batch.ids.end());
  EXPECT_THAT(std::vector<int64_t>(ids.begin(), ids.begin() + 14), Each(0));
  EXPECT_EQ(ids[14], 1);
  EXPECT_EQ(batch.labels[6], kIgnoredLabel);
  EXPECT_EQ(batch.labels[30], kIgnoredLabel);
  EXPECT_EQ(batch.labels[31], 5);
  EXPECT_EQ(batch.NumTokens(), 11);
  EXPECT_EQ(batch.NumTargets(), 9);
}

}  // namespace
}  // namespace rankadaptor::llama
