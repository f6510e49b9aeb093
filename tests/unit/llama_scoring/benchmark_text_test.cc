#include "evaluators/llama/scoring/benchmark_text.h"

#include <gmock/gmock.h>

namespace rankadaptor::llama::internal {
namespace {

TEST(BenchmarkText, HellaSwagMarksAreRemoved) {
  EXPECT_EQ(
      CleanHellaSwagText("Roof: [header] How to x [title] Do y. [step] z   w"),
      "Roof: How to x. Do y. z  w");
}

TEST(BenchmarkText, BracketsMustCloseOnTheirLine) {
  EXPECT_EQ(CleanHellaSwagText("a[b\nc]d"), "a[b\nc]d");
  EXPECT_EQ(CleanHellaSwagText("a[b\n[c]d"), "a[b\nd");
  EXPECT_EQ(CleanHellaSwagText("un[closed"), "un[closed");
}

TEST(BenchmarkText, HellaSwagKeepsTrailingSpaceOfARemovedMark) {
  EXPECT_EQ(CleanHellaSwagText(" trailing [step] "), "trailing ");
}

TEST(BenchmarkText, HellaSwagQueryCapitalisesTheFragment) {
  EXPECT_EQ(HellaSwagQuery("Running", "She ran.", "then HE"),
            "Running: She ran. Then he");
}

TEST(BenchmarkText, WinograndeIsCutAtTheFirstBlank) {
  const auto parts = SplitWinograndeSentence("So _ won a _ .", "Ann", "Bea");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->contexts[0], "So Ann");
  EXPECT_EQ(parts->contexts[1], "So Bea");
  EXPECT_EQ(parts->continuation, "won a _ .");
}

TEST(BenchmarkText, WinograndeWithoutBlankIsNothing) {
  EXPECT_FALSE(SplitWinograndeSentence("No blank.", "a", "b"));
}

}  // namespace
}  // namespace rankadaptor::llama::internal
