#include "rankadaptor/common/quote.h"

#include <gtest/gtest.h>

namespace rankadaptor {
namespace {

TEST(Quote, KeepsOrdinaryTextAndUtf8) {
  EXPECT_EQ(Quote("caf\xc3\xa9 1"), "\"caf\xc3\xa9 1\"");
}

TEST(Quote, EscapesWhatWouldBreakALine) {
  EXPECT_EQ(Quote(std::string_view("a\n\"\\\0\x7f", 6)),
            R"("a\x0a\"\\\x00\x7f")");
}

TEST(Quote, ShortensLongText) {
  EXPECT_EQ(Quote("abcdef", 6), "\"abcdef\"");
  EXPECT_EQ(Quote("abcdefg", 6), "\"abcdef...\"");
}

TEST(Quote, DoesNotCutInsideACharacter) {
  EXPECT_EQ(Quote("ab\xc3\xa9", 3), "\"ab...\"");
  EXPECT_EQ(Quote("\x80\x80\x80", 2), "\"...\"");
}

}  // namespace
}  // namespace rankadaptor
