#include "rankadaptor/llama/calibration.h"

#include <algorithm>
#include <sentencepiece_trainer.h>
#include <set>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Works with a tokenizer that has one piece per character, so that a line of n
// characters has n + 2 tokens: BOS, the space in front, the characters.
class CalibrationTest : public ::testing::Test {
 protected:
  CalibrationTest() {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "corpus", kLetters));
    EXPECT_TRUE(sentencepiece::SentencePieceTrainer::Train(
                    "--input=" + (folder_ / "corpus").string() +
                    " --model_prefix=" + (folder_ / "tokenizer").string() +
                    " --model_type=char --vocab_size=64 --minloglevel=4"
                    " --hard_vocab_limit=false")
                    .ok());
  }

  fs::path WriteText(const std::string& text) {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "text", text));
    return folder_ / "text";
  }
  Tokenizer Load() { return Tokenizer::Load(folder_.path()).value(); }

  // Line i repeats the i-th letter `length` times.
  static std::string Lines(int num_lines, int length) {
    std::string text;
    for (int i = 0; i < num_lines; ++i) {
      text += std::string(length, kLetters[i]) + "\n";
    }
    return text;
  }

  static constexpr const char* kLetters = "abcdefghijklmnopqrstuvwxyz";
  rankadaptor::testing::TemporaryFolder folder_;
};

TEST_F(CalibrationTest, WindowsAreAsManyAndAsLongAsAsked) {
  auto windows = SampleCalibrationWindows(
      WriteText(Lines(20, 30)), Load(), {.num_windows = 6, .window_tokens = 8});
  ASSERT_TRUE(windows) << windows.error().message;
  EXPECT_THAT(*windows, SizeIs(6));
  EXPECT_THAT(*windows, Each(SizeIs(8)));
}

TEST_F(CalibrationTest, NoLineIsUsedTwice) {
  Tokenizer tokenizer = Load();
  auto windows =
      SampleCalibrationWindows(WriteText(Lines(12, 30)),
                               tokenizer,
                               {.num_windows = 12, .window_tokens = 8});
  std::set<int32_t> letters;
  for (const auto& window : windows.value()) letters.insert(window.back());
  EXPECT_THAT(letters, SizeIs(12)) << "each line is one letter";
}

TEST_F(CalibrationTest, ShortLinesArePassedOver) {
  // 6 characters make 8 tokens: just long enough, and then only with BOS.
  Tokenizer tokenizer = Load();
  auto windows =
      SampleCalibrationWindows(WriteText("aaaaa\nbbbbbb\r\n\nccccc\n"),
                               tokenizer,
                               {.num_windows = 1, .window_tokens = 8});
  ASSERT_TRUE(windows) << windows.error().message;
  EXPECT_EQ((*windows)[0].front(), tokenizer.bos_id());
  EXPECT_EQ(tokenizer.Piece((*windows)[0].back()), "b");
}

TEST_F(CalibrationTest, TooFewLongLinesAreCounted) {
  auto windows =
      SampleCalibrationWindows(WriteText(Lines(3, 30) + Lines(9, 2)),
                               Load(),
                               {.num_windows = 4, .window_tokens = 8});
  ASSERT_FALSE(windows);
  EXPECT_EQ(windows.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(windows.error().message,
              HasSubstr("has 3 lines with 8 tokens or more"));
}

TEST_F(CalibrationTest, SeedDecides) {
  const fs::path text = WriteText(Lines(20, 30));
  Tokenizer tokenizer = Load();
  CalibrationOptions options{.num_windows = 5, .window_tokens = 8, .seed = 1};
  TokenWindows first =
      SampleCalibrationWindows(text, tokenizer, options).value();
  EXPECT_EQ(SampleCalibrationWindows(text, tokenizer, options).value(), first);
  options.seed = 2;
  EXPECT_NE(SampleCalibrationWindows(text, tokenizer, options).value(), first);
}

TEST_F(CalibrationTest, WholeFileIgnoresLineEnds) {
  // Spaces for line ends, as the tokenizer normalises them.
  Tokenizer tokenizer = Load();
  auto windows = SampleCalibrationWindows(
      WriteText(Lines(10, 3)),
      tokenizer,
      {.num_windows = 4, .window_tokens = 20, .unit = CalibrationUnit::kFile});
  ASSERT_TRUE(windows) << windows.error().message;
  EXPECT_THAT(*windows, SizeIs(4));
  EXPECT_THAT(*windows, Each(SizeIs(20)));
  EXPECT_GE(std::set(windows->begin(), windows->end()).size(), 2u);
}

TEST_F(CalibrationTest, TooShortFileIsRefused) {
  auto windows = SampleCalibrationWindows(
      WriteText("abc"),
      Load(),
      {.num_windows = 1, .window_tokens = 6, .unit = CalibrationUnit::kFile});
  EXPECT_THAT(windows.error().message, HasSubstr("6 tokens or more"));
}

TEST_F(CalibrationTest, OptionsOutOfRangeAreNamed) {
  const fs::path text = WriteText("abc");
  EXPECT_THAT(SampleCalibrationWindows(text, Load(), {.num_windows = 0})
                  .error()
                  .message,
              HasSubstr("num_windows = 0"));
  EXPECT_THAT(SampleCalibrationWindows(text, Load(), {.window_tokens = 1})
                  .error()
                  .message,
              HasSubstr("window_tokens = 1"));
  EXPECT_EQ(SampleCalibrationWindows("/none", Load(), {}).error().code,
            ErrorCode::kNotFound);
}

TEST_F(CalibrationTest, IdsFileIsReadAsItIs) {
  auto windows = ReadCalibrationIds(WriteText("[[1, 2, 3], [4, 0, 9]]"), 10);
  EXPECT_EQ(windows.value(), (TokenWindows{{1, 2, 3}, {4, 0, 9}}));
}

TEST_F(CalibrationTest, BadIdsFilesAreRefused) {
  const std::pair<const char*, const char*> cases[] = {
      {"[[1, 2", "JSON"},
      {"{}", "list of lists"},
      {"[]", "no calibration window"},
      {"[3]", "window 0"},
      {"[[1, 2], [1, \"2\"]]", "window 1"},
      {"[[1, 2.5]]", "2.5"},
      {"[[1, -2]]", "-2"},
      {"[[1, 18446744073709551615]]", "18446744073709551615"},
      {"[[1, 10]]", "vocabulary is 0..9"},
      {"[[1]]", "at least 2"},
      {"[[1, 2], [1, 2, 3]]", "window 1 has 3 tokens"},
  };
  for (const auto& [json, part] : cases) {
    auto windows = ReadCalibrationIds(WriteText(json), 10);
    ASSERT_FALSE(windows) << json;
    EXPECT_THAT(windows.error().message, HasSubstr(part));
    EXPECT_THAT(windows.error().message, HasSubstr("text")) << "the file";
  }
}

}  // namespace
}  // namespace rankadaptor::llama
