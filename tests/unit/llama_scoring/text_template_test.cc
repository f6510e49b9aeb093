#include "evaluators/llama/scoring/text_template.h"

#include <gmock/gmock.h>

namespace rankadaptor::llama::internal {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

Result<std::string> Render(std::string_view text, const json& object) {
  RA_ASSIGN_OR_RETURN(const TextTemplate parsed, TextTemplate::Parse(text));
  return parsed.Render(JsonFields(object, "data.jsonl:3"));
}

TEST(TextTemplate, FillsFieldsIn) {
  EXPECT_EQ(
      Render("{a} is {b}{b}, {c}", {{"a", "x"}, {"b", 2}, {"c", 0.5}}).value(),
      "x is 22, 0.5");
  EXPECT_EQ(Render("plain", json::object()).value(), "plain");
}

TEST(TextTemplate, DoubledBracesAreBraces) {
  EXPECT_EQ(Render("{{{a}}} }}{{", {{"a", "x"}}).value(), "{x} }{");
}

TEST(TextTemplate, ValuesAreNotTemplates) {
  EXPECT_EQ(Render("{a}", {{"a", "{b}"}}).value(), "{b}");
}

TEST(TextTemplate, UnmatchedBracesAreRefused) {
  for (const char* text : {"{a", "a}", "{}", "{a{b}}", "{a} {", "}"}) {
    EXPECT_THAT(TextTemplate::Parse(text).error().message, HasSubstr("brace"))
        << text;
  }
}

TEST(TextTemplate, MissingFieldIsNamedWithItsPlace) {
  EXPECT_EQ(Render("{a}", json::object()).error().message,
            "data.jsonl:3: a is missing");
}

TEST(TextTemplate, ListIsNotAText) {
  EXPECT_THAT(Render("{a}", {{"a", {1, 2}}}).error().message,
              HasSubstr("a = [1,2] is not a string or a number"));
}

}  // namespace
}  // namespace rankadaptor::llama::internal
