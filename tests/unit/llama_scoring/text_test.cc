#include "evaluators/llama/scoring/text.h"

#include <gmock/gmock.h>

namespace rankadaptor::llama::internal {
namespace {

TEST(Text, CountsCodePointsNotBytes) {
  EXPECT_EQ(CountCodePoints(""), 0);
  EXPECT_EQ(CountCodePoints("abc"), 3);
  // e acute, the Euro sign and an emoji: 2, 3 and 4 bytes.
  EXPECT_EQ(CountCodePoints("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 3);
  // A combining accent is a code point of its own.
  EXPECT_EQ(CountCodePoints("e\xcc\x81"), 2);
}

TEST(Text, StripsWhatPythonCallsSpace) {
  EXPECT_EQ(Strip(" \t\r\n\v\f a b \n"), "a b");
  EXPECT_EQ(Strip("\x1c\x1d\x1e\x1f"
                  "a\x1f"),
            "a");
  // No-break space, ideographic space, next line.
  EXPECT_EQ(Strip("\xc2\xa0"
                  "a\xe3\x80\x80\xc2\x85"),
            "a");
  EXPECT_EQ(StripRight(" a "), " a");
  EXPECT_EQ(StripLeft(" a "), "a ");
  EXPECT_EQ(Strip(" \n "), "");
}

TEST(Text, DoesNotStripAZeroWidthSpace) {
  EXPECT_EQ(Strip("a\xe2\x80\x8b"), "a\xe2\x80\x8b");
}

TEST(Text, CapitalizeLowersAllButTheFirst) {
  EXPECT_EQ(Capitalize("hELLO World iPhone"), "Hello world iphone");
  EXPECT_EQ(Capitalize(""), "");
  EXPECT_EQ(Capitalize(" leading SPACE"), " leading space");
  EXPECT_EQ(Capitalize("1ST"), "1st");
}

TEST(Text, CapitalizeKnowsUnicode) {
  // e acute; sharp s, which has no single capital; the digraph dz.
  EXPECT_EQ(Capitalize("\xc3\xa9LAN"), "\xc3\x89lan");
  EXPECT_EQ(Capitalize("\xc3\x9ftart"), "Sstart");
  EXPECT_EQ(Capitalize("\xc7\x86ungla"), "\xc7\x85ungla");
  // A capital sigma is written otherwise at the end of a word.
  EXPECT_EQ(Capitalize("\xce\x91\xce\xa3\xce\x91\xce\xa3"),
            "\xce\x91\xcf\x83\xce\xb1\xcf\x82");
}

TEST(Text, ReplacesWithoutOverlap) {
  EXPECT_EQ(ReplaceAll("a   b    c", "  ", " "), "a  b  c");
  EXPECT_EQ(ReplaceAll("", "  ", " "), "");
}

}  // namespace
}  // namespace rankadaptor::llama::internal
