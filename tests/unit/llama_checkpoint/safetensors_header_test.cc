#include "evaluators/llama/checkpoint/safetensors_header.h"

#include <gmock/gmock.h>

#include "tests/unit/llama_checkpoint/safetensors_bytes.h"

namespace rankadaptor::llama::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Result<SafetensorsHeader> Read(const std::string& bytes) {
  return ReadSafetensorsHeader(AsBytes(bytes));
}

Result<SafetensorsHeader> ReadHeader(std::string_view header,
                                     size_t num_data_bytes) {
  return Read(SafetensorsBytes(header, num_data_bytes));
}

std::string ReasonFor(std::string_view header, size_t num_data_bytes) {
  auto result = ReadHeader(header, num_data_bytes);
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, ErrorCode::kDataLoss);
  return result.error().message;
}

TEST(SafetensorsHeader, ReadsTensorsInAnyOffsetOrder) {
  auto header =
      ReadHeader(R"({"b":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},)"
                 R"("a":{"data_offsets":[0,8],"shape":[2],"dtype":"F32"}}  )",
                 16);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->data_start, 8 + 110u);
  ASSERT_EQ(header->tensors.size(), 2u);
  EXPECT_EQ(header->tensors["a"].dtype, "F32");
  EXPECT_THAT(header->tensors["a"].shape, ElementsAre(2));
  EXPECT_EQ(header->tensors["b"].begin, 8u);
  EXPECT_EQ(header->tensors["b"].end, 16u);
}

TEST(SafetensorsHeader, ReadsMetadata) {
  auto header = ReadHeader(R"({"__metadata__":{"format":"pt","":"x"}})", 0);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_THAT(header->metadata,
              ElementsAre(Pair("", "x"), Pair("format", "pt")));
  EXPECT_THAT(header->tensors, IsEmpty());
}

TEST(SafetensorsHeader, AcceptsScalarsAndEmptyTensors) {
  auto header =
      ReadHeader(R"({"s":{"dtype":"F64","shape":[],"data_offsets":[0,8]},)"
                 R"("e":{"dtype":"F32","shape":[3,0],"data_offsets":[8,8]}})",
                 8);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_THAT(header->tensors["s"].shape, IsEmpty());
}

TEST(SafetensorsHeader, AcceptsFormatsBelowAByteIfTheyFillBytes) {
  EXPECT_TRUE(ReadHeader(
      R"({"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}})", 2));
  EXPECT_TRUE(ReadHeader(
      R"({"a":{"dtype":"F6_E3M2","shape":[4],"data_offsets":[0,3]}})", 3));
  EXPECT_FALSE(ReadHeader(
      R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2));
}

TEST(SafetensorsHeader, RefusesLengthsThatDoNotFitTheFile) {
  auto reason = [](const std::string& bytes) {
    return Read(bytes).error().message;
  };
  EXPECT_THAT(reason("1234567"), HasSubstr("has 7 bytes"));
  EXPECT_THAT(reason(LittleEndian64(3) + "{}"), HasSubstr("only 2 follow"));
  EXPECT_THAT(reason(LittleEndian64(100'000'001) + "{}"),
              HasSubstr("allowed are 100000000"));
  EXPECT_THAT(reason(LittleEndian64(UINT64_MAX) + "{}"),
              HasSubstr("allowed are"));
  EXPECT_THAT(reason(LittleEndian64(0)), HasSubstr("not one JSON object"));
}

struct BadHeader {
  const char* header;
  size_t num_data_bytes;
  const char* reason;
};

class RefusedHeader : public ::testing::TestWithParam<BadHeader> {};

TEST_P(RefusedHeader, NamesTheCheckThatFailed) {
  EXPECT_THAT(ReasonFor(GetParam().header, GetParam().num_data_bytes),
              HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    Syntax,
    RefusedHeader,
    ::testing::Values(BadHeader{"[]", 0, "not one JSON object"},
                      BadHeader{" {}", 0, "not one JSON object"},
                      BadHeader{"\xef\xbb\xbf{}", 0, "not one JSON object"},
                      BadHeader{"{}\n", 0, "not one JSON object"},
                      BadHeader{"{}{}", 0, "not valid JSON at its byte 3"},
                      BadHeader{"{,}", 0, "not valid JSON"},
                      BadHeader{"{\"\xff\":1}", 0, "not valid JSON"},
                      BadHeader{R"({"a":1e999})", 0, "not valid JSON"},
                      BadHeader{R"({"\ud800":1})", 0, "not valid JSON"}));

INSTANTIATE_TEST_SUITE_P(
    Types,
    RefusedHeader,
    ::testing::Values(
        BadHeader{R"({"a":null})", 0, R"(the entry "a" may not be null)"},
        BadHeader{R"({"a":["F32",[],[0,4]]})", 4, "may not be a list"},
        BadHeader{R"({"a":true})", 0, "may not be a boolean"},
        BadHeader{R"({"__metadata__":null})", 0, "may not be null"},
        BadHeader{R"({"__metadata__":{"a":1}})",
                  0,
                  R"(the value of "a" in __metadata__ may not be a number)"},
        BadHeader{R"({"__metadata__":{"a":{}}})", 0, "may not be an object"},
        BadHeader{R"({"a":{"dtype":1}})", 0, "dtype of tensor \"a\""},
        BadHeader{R"({"a":{"dtype":"F128"}})", 0, "unknown dtype \"F128\""},
        BadHeader{R"({"a":{"dtype":[]}})", 0, "may not be a list"},
        BadHeader{R"({"a":{"shape":4}})", 0, "may not be a number"},
        BadHeader{R"({"a":{"shape":"4"}})", 0, "may not be a string"},
        BadHeader{R"({"a":{"shape":[-1]}})", 0, "a negative number"},
        BadHeader{R"({"a":{"shape":[2.0]}})", 0, "a fraction"},
        BadHeader{R"({"a":{"shape":[[1]]}})", 0, "may not be a list"},
        BadHeader{R"({"a":{"shape":[{}]}})", 0, "may not be an object"},
        BadHeader{
            R"({"a":{"shape":[18446744073709551616]}})", 0, "above 64 bits"},
        BadHeader{R"({"a":{"shape":[9223372036854775808]}})", 0, "too large"},
        BadHeader{R"({"a":{"data_offsets":{}}})", 0, "may not be an object"},
        BadHeader{R"({"a":{"data_offsets":[0]}})", 0, "1 data_offsets"},
        BadHeader{R"({"a":{"data_offsets":[0,1,2]}})", 0, "more than 2"}));

INSTANTIATE_TEST_SUITE_P(
    Fields,
    RefusedHeader,
    ::testing::Values(
        BadHeader{R"({"a":{}})", 0, "has no dtype"},
        BadHeader{
            R"({"a":{"dtype":"U8","data_offsets":[0,0]}})", 0, "has no shape"},
        BadHeader{
            R"({"a":{"dtype":"U8","shape":[0]}})", 0, "has no data_offsets"},
        BadHeader{R"({"a":{"dtype":"U8","dtype":"U8"}})",
                  0,
                  "has the field dtype twice"},
        BadHeader{R"({"a":{"foo":1}})", 0, "has the unknown field \"foo\""},
        BadHeader{
            R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}})",
            0,
            "tensor \"a\" is there twice"},
        BadHeader{R"({"__metadata__":{},"__metadata__":{}})",
                  0,
                  "__metadata__ is there twice"},
        BadHeader{R"({"__metadata__":{"k":"1","k":"1"}})",
                  0,
                  "has the key \"k\" twice"}));

constexpr const char* kTwo =
    R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
    R"("b":{"dtype":"U8","shape":[4],"data_offsets":[)";

std::string Two(const char* offsets_of_b) {
  return std::string(kTwo) + offsets_of_b + "]}}";
}

TEST(SafetensorsHeader, TensorsMustTileTheData) {
  EXPECT_EQ(ReasonFor(Two("4,8"), 8), "accepted");
  EXPECT_THAT(ReasonFor(Two("5,9"), 9), HasSubstr("expected is 4"));  // hole
  EXPECT_THAT(ReasonFor(Two("3,7"), 7), HasSubstr("expected is 4"));  // overlap
  EXPECT_THAT(ReasonFor(Two("0,4"), 4), HasSubstr("expected is 4"));  // twice
  EXPECT_THAT(ReasonFor(Two("4,8"), 9), HasSubstr("the file has 9"));
  EXPECT_THAT(ReasonFor(Two("4,8"), 7), HasSubstr("the file has 7"));
  EXPECT_THAT(ReasonFor(Two("8,4"), 8), HasSubstr("need 4 bytes"));
  EXPECT_THAT(ReasonFor(Two("4,9"), 9), HasSubstr("need 4 bytes"));
  EXPECT_THAT(ReasonFor("{}", 1), HasSubstr("need 0 bytes"));
}

TEST(SafetensorsHeader, EveryTruncationIsRefused) {
  const std::string bytes = SafetensorsBytes(Two("4,8"), 8);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(Read(bytes.substr(0, length))) << length;
  }
  EXPECT_TRUE(Read(bytes));
}

TEST(SafetensorsHeader, SizesDoNotOverflow) {
  auto reason = [](const std::string& dtype, const std::string& shape) {
    return ReasonFor(R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape +
                         R"(,"data_offsets":[0,0]}})",
                     0);
  };
  EXPECT_THAT(reason("U8", "[4294967296,4294967296]"), HasSubstr("overflows"));
  // 2^61 elements of 8 bits are 2^64 bits.
  EXPECT_THAT(reason("U8", "[2305843009213693952]"), HasSubstr("overflows"));
  EXPECT_THAT(reason("U8", "[4294967296,4294967296,0]"),
              HasSubstr("overflows"));
  EXPECT_EQ(reason("U8", "[0,4294967296,4294967296]"), "accepted");
}

TEST(SafetensorsHeader, NestingBombEndsAtItsFirstLevel) {
  const std::string bomb = "{\"a\":" + std::string(1'000'000, '[') + "}";
  EXPECT_THAT(ReasonFor(bomb, 0), HasSubstr("may not be a list"));
}

TEST(SafetensorsHeader, NamesHaveALimit) {
  auto header = [](size_t length) {
    return "{\"" + std::string(length, 'n') +
           R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})";
  };
  EXPECT_EQ(ReasonFor(header(kMaxNameBytes), 0), "accepted");
  EXPECT_THAT(ReasonFor(header(kMaxNameBytes + 1), 0),
              HasSubstr("allowed are 65536"));
}

TEST(SafetensorsHeader, HostileNamesAreShortInMessages) {
  const std::string name(60'000, 'n');
  EXPECT_LT(ReasonFor("{\"" + name + "\":null}", 0).size(), 200u);
}

}  // namespace
}  // namespace rankadaptor::llama::internal
