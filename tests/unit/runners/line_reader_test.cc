#include "runners/serve/line_reader.h"

#include <unistd.h>

#include <gmock/gmock.h>

namespace rankadaptor::runners {
namespace {

// What a reader with a limit of 10 bytes makes of the input.
std::vector<std::string> Lines(const std::string& input) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  EXPECT_EQ(::write(ends[1], input.data(), input.size()), input.size());
  ::close(ends[1]);
  LineReader reader(ends[0], 10);
  std::vector<std::string> lines;
  while (auto line = reader.Next()) {
    lines.push_back(line->too_long ? "too long" : line->text);
  }
  ::close(ends[0]);
  return lines;
}

TEST(LineReader, TheLastLineMayLackItsNewline) {
  EXPECT_THAT(Lines("a\n\nbc"), ::testing::ElementsAre("a", "", "bc"));
  EXPECT_THAT(Lines("a\n"), ::testing::ElementsAre("a"));
  EXPECT_THAT(Lines(""), ::testing::IsEmpty());
}

TEST(LineReader, LongLinesAreDroppedAndTheNextIsRead) {
  EXPECT_THAT(Lines("0123456789\n01234567890\nx"),
              ::testing::ElementsAre("0123456789", "too long", "x"));
}

}  // namespace
}  // namespace rankadaptor::runners
