#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>

#include <gmock/gmock.h>

#include "tests/embedding/bit_widths.h"
#include "tests/embedding/learning_rates.h"

namespace rankadaptor {
namespace {

std::string ReadText(const std::string& name) {
  std::ifstream file(RANKADAPTOR_SOURCE_DIR "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Embedding, ExampleFindsMoreBitsForLaterLayers) {
  Result<StudySummary> summary = SearchBitWidths();
  ASSERT_TRUE(summary.has_value()) << summary.error().message;
  ASSERT_TRUE(summary->best.has_value());
  const std::vector<int32_t>& choices =
      summary->candidates[*summary->best].configuration.choices;
  ASSERT_EQ(choices.size(), 8u);
  auto sum = [](auto begin, auto end) {
    return std::accumulate(begin, end, 0);
  };
  EXPECT_GT(sum(choices.begin() + 4, choices.end()),
            sum(choices.begin(), choices.begin() + 4));
}

TEST(Embedding, AskAndTellFindsGoodLearningRates) {
  Result<BestTrials> best = SearchLearningRates();
  ASSERT_TRUE(best.has_value()) << best.error().message;
  EXPECT_LT(best->observed->score, 0.5);  // random search: about 1
  EXPECT_EQ(best->observed->configuration.choices[4], 1);  // adam
}

TEST(Embedding, ReadmeShowsTheExampleThatIsCompiled) {
  std::string source = ReadText("tests/embedding/bit_widths.cc");
  std::string mark = "// README.md shows what follows.\n";
  size_t begin = source.find(mark);
  ASSERT_NE(begin, std::string::npos);
  std::string shown = "```cpp\n" + source.substr(begin + mark.size()) + "```\n";
  EXPECT_THAT(ReadText("README.md"), testing::HasSubstr(shown));
}

}  // namespace
}  // namespace rankadaptor
