#include "evaluators/llama/checkpoint/strict_json.h"

#include <gmock/gmock.h>

namespace rankadaptor::llama::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ReasonFor(std::string_view text) {
  auto result = ParseJsonObject(text, "f.json");
  return result ? "accepted" : result.error().message;
}

TEST(StrictJson, RefusesWhatIsNotOneObject) {
  EXPECT_EQ(ReasonFor("{}"), "accepted");
  EXPECT_EQ(ReasonFor("[]"), "f.json: is not a JSON object");
  EXPECT_THAT(ReasonFor("{\"a\":}"), HasSubstr("not valid JSON (at byte 6)"));
  EXPECT_THAT(ReasonFor(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(ReasonFor("{\"a\":\"\xff\"}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(ReasonFor("{} {}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(ReasonFor("{\"a\":1e999}"), HasSubstr("out of range"));
}

TEST(StrictJson, RefusesAKeyGivenTwiceInOneObject) {
  EXPECT_THAT(ReasonFor(R"({"a":1,"a":1})"), HasSubstr("key \"a\" twice"));
  EXPECT_THAT(ReasonFor(R"({"b":[{"a":1,"a":1}]})"), HasSubstr("twice"));
  EXPECT_EQ(ReasonFor(R"({"a":{"a":1},"b":{"a":[{"a":2}]}})"), "accepted");
}

TEST(StrictJson, BoundsNesting) {
  auto nested = [](int depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(ReasonFor(nested(30)), "accepted");
  EXPECT_THAT(ReasonFor(nested(40)), HasSubstr("nested deeper"));
  EXPECT_THAT(ReasonFor(nested(1'000'000)), HasSubstr("nested deeper"));
}

class JsonFieldsTest : public ::testing::Test {
 protected:
  const nlohmann::json object_ = nlohmann::json::parse(
      R"({"i":3,"big":18446744073709551615,"neg":-3,"f":2.0,"s":"x","b":true,
          "null":null,"list":[1,2],"mixed":[1,"2"],"nested":{"i":"y"}})");
  const JsonFields fields_{object_, "f.json"};
};

TEST_F(JsonFieldsTest, TakesFieldsOfTheRightType) {
  EXPECT_EQ(fields_.Integer("i", {0, 5}).value(), 3);
  EXPECT_EQ(fields_.IntegerOr("none", {0, 5}, 4).value(), 4);
  EXPECT_EQ(fields_.IntegerOr("null", {0, 5}, 4).value(), 4);
  EXPECT_EQ(fields_.Positive("i").value(), 3.0);
  EXPECT_EQ(fields_.PositiveOr("f", 1).value(), 2.0);
  EXPECT_EQ(fields_.BooleanOr("b", false).value(), true);
  EXPECT_EQ(fields_.StringOr("s", "").value(), "x");
  EXPECT_THAT(fields_.Integers("list", {0, 5}).value(), ElementsAre(1, 2));
}

TEST_F(JsonFieldsTest, ErrorsSayFieldValueAndWhatIsAllowed) {
  auto integer = [&](const char* name) {
    return fields_.Integer(name, {0, 2}).error().message;
  };
  EXPECT_EQ(integer("i"), "f.json: i = 3 is not an integer from 0 to 2");
  EXPECT_THAT(integer("big"), HasSubstr("18446744073709551615 is not"));
  EXPECT_THAT(integer("neg"), HasSubstr("neg = -3 is not"));
  EXPECT_THAT(integer("f"), HasSubstr("f = 2.0 is not"));
  EXPECT_EQ(integer("null"), "f.json: null is missing");
  EXPECT_THAT(fields_.Integers("mixed", {0, 5}).error().message,
              HasSubstr("mixed[1] = \"2\" is not an integer"));
  EXPECT_FALSE(fields_.Integers("i", {0, 5}));
  EXPECT_FALSE(fields_.Positive("neg"));
  EXPECT_FALSE(fields_.Positive("s"));
  EXPECT_FALSE(fields_.BooleanOr("i", false));
  EXPECT_FALSE(fields_.StringOr("i", ""));
}

TEST_F(JsonFieldsTest, NestedErrorsNameThePath) {
  JsonFields nested = fields_.Nested("nested").value();
  EXPECT_THAT(nested.Integer("i", {0, 1}).error().message,
              HasSubstr("f.json: nested: i = \"y\""));
  EXPECT_FALSE(fields_.Nested("list"));
  EXPECT_FALSE(fields_.Nested("none"));
}

}  // namespace
}  // namespace rankadaptor::llama::internal
