#include "rankadaptor/llama/perplexity.h"

#include <numeric>

#include <gmock/gmock.h>

#include "tests/support/random_model.h"
#include "tests/unit/llama_scoring/small_tokenizer.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using rankadaptor::testing::SmallTokenizer;
using rankadaptor::testing::TemporaryFolder;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Perplexity : public ::testing::Test {
 protected:
  Result<std::vector<TokenWindow>> Windows(const TokenWindowOptions& options) {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "text",
                                    "the cat sat on the mat and the dog ran"));
    return ReadTokenWindows(folder_ / "text", tokenizer_, options);
  }
  std::vector<int32_t> AllIds() {
    return tokenizer_.Encode("the cat sat on the mat and the dog ran").value();
  }

  const TemporaryFolder folder_;
  const Tokenizer tokenizer_ = SmallTokenizer();
};

TEST_F(Perplexity, WindowsFollowEachOther) {
  const auto windows =
      Windows({.length = 4, .start = WindowStart::kBosOnce}).value();
  const std::vector<int32_t> ids = AllIds();
  EXPECT_THAT(windows, SizeIs((ids.size() + 1) / 4));
  EXPECT_THAT(windows, Each(SizeIs(4)));
  EXPECT_EQ(windows[0][0], tokenizer_.bos_id());
  EXPECT_EQ(windows[0][1], ids[0]);
  EXPECT_EQ(windows[1][0], ids[3]);
}

TEST_F(Perplexity, BosMayTakeThePlaceOfEachFirstToken) {
  const auto windows =
      Windows({.length = 4, .start = WindowStart::kBosEachWindow}).value();
  const std::vector<int32_t> ids = AllIds();
  EXPECT_THAT(windows, SizeIs(ids.size() / 4));
  for (const TokenWindow& window : windows) {
    EXPECT_EQ(window[0], tokenizer_.bos_id());
  }
  EXPECT_EQ(windows[1][1], ids[5]);
}

TEST_F(Perplexity, WindowsHaveNoBosWhereTextsHaveNone) {
  const Tokenizer plain = SmallTokenizer(/*bos=*/false);
  ASSERT_TRUE(WriteFileAtomically(folder_ / "text", "the cat sat on the mat"));
  const std::vector<int32_t> ids =
      plain.Encode("the cat sat on the mat").value();
  for (WindowStart start :
       {WindowStart::kBosOnce, WindowStart::kBosEachWindow}) {
    const auto windows =
        ReadTokenWindows(folder_ / "text", plain, {.length = 3, .start = start})
            .value();
    EXPECT_THAT(windows, SizeIs(ids.size() / 3));
    EXPECT_EQ(windows[0], TokenWindow(ids.begin(), ids.begin() + 3));
    EXPECT_EQ(windows[1], TokenWindow(ids.begin() + 3, ids.begin() + 6));
  }
}

TEST_F(Perplexity, WindowsCanBeLimited) {
  EXPECT_THAT(Windows({.length = 2, .max_windows = 3}).value(), SizeIs(3));
}

TEST_F(Perplexity, BadOptionsAreRefused) {
  EXPECT_THAT(Windows({.length = 1}).error().message,
              HasSubstr("window length = 1"));
  EXPECT_THAT(Windows({.max_windows = -1}).error().message,
              HasSubstr("max_windows = -1"));
  EXPECT_THAT(Windows({.length = 5000}).error().message,
              HasSubstr("fewer than one window of 5000"));
}

TEST_F(Perplexity, LossIsTheMeanOverTheTargetsOfAWindow) {
  const Model model = RandomModel(SmallConfig(), 2);
  const std::vector<TokenWindow> windows = {
      {1, 4, 5, 6}, {1, 9, 8, 7}, {1, 4, 4, 4}};
  const std::vector<double> losses =
      WindowLosses(model, nullptr, windows, {}).value();
  ASSERT_THAT(losses, SizeIs(3));
  for (size_t i = 0; i < windows.size(); ++i) {
    const std::vector<float> expected = model.TokenNlls(windows[i]).value();
    EXPECT_NEAR(losses[i],
                std::accumulate(expected.begin(), expected.end(), 0.0) / 3,
                1e-5);
  }
}

TEST_F(Perplexity, WindowsLongerThanTheModelsContextAreScoredWhole) {
  const Model model = RandomModel(SmallConfig(), 2);  // context of 64
  const std::vector<TokenWindow> windows = {TokenWindow(80, 3)};
  const std::vector<float> expected = model.TokenNlls(windows[0]).value();
  EXPECT_NEAR(WindowLosses(model, nullptr, windows, {})->at(0),
              std::accumulate(expected.begin(), expected.end(), 0.0) / 79,
              1e-5);
}

TEST_F(Perplexity, AWindowOfOneTokenIsRefused) {
  const Model model = RandomModel(SmallConfig(), 2);
  const std::vector<TokenWindow> windows = {{1}};
  EXPECT_THAT(WindowLosses(model, nullptr, windows, {}).error().message,
              HasSubstr("a window has 1 tokens"));
}

}  // namespace
}  // namespace rankadaptor::llama
