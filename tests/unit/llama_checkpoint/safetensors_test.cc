#include "rankadaptor/llama/safetensors.h"

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"
#include "tests/unit/llama_checkpoint/safetensors_bytes.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

class SafetensorsTest : public ::testing::Test {
 protected:
  std::string WriteAndRead(
      std::vector<TensorToWrite> tensors,
      const std::map<std::string, std::string>& metadata = {}) {
    Status status = WriteSafetensors(file_, std::move(tensors), metadata);
    if (!status) return "refused: " + status.error().message;
    return ReadFile(file_).value();
  }

  const TemporaryFolder folder_;
  const fs::path file_ = folder_ / "a.safetensors";
};

std::string AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_F(SafetensorsTest, ReadsBackWhatItWrote) {
  ASSERT_TRUE(WriteSafetensors(file_,
                               {{"w", "F32", {2, 1}, AsBytes("abcdefgh")},
                                {"s", "BF16", {}, AsBytes("ij")},
                                {"e", "F32", {0, 3}, {}}},
                               {{"format", "pt"}}));
  auto file = SafetensorsFile::Open(file_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_THAT(file->metadata(), ElementsAre(Pair("format", "pt")));
  ASSERT_EQ(file->tensors().size(), 3u);
  const TensorView& w = file->tensors().at("w");
  EXPECT_EQ(w.dtype, "F32");
  EXPECT_THAT(w.shape, ElementsAre(2, 1));
  EXPECT_EQ(AsText(w.data), "abcdefgh");
  EXPECT_EQ(AsText(file->tensors().at("s").data), "ij");
  EXPECT_TRUE(file->tensors().at("e").data.empty());
}

TEST_F(SafetensorsTest, ViewsSurviveAMoveOfTheFile) {
  ASSERT_TRUE(WriteSafetensors(file_, {{"w", "U8", {3}, AsBytes("abc")}}, {}));
  SafetensorsFile first = SafetensorsFile::Open(file_).value();
  const TensorView view = first.tensors().at("w");
  const SafetensorsFile second = std::move(first);
  EXPECT_EQ(AsText(view.data), "abc");
}

// The bytes are what the reference writer (safetensors 0.8.0) makes of the same
// tensors.
TEST_F(SafetensorsTest, WritesTheReferencesBytes) {
  const std::string header =
      R"({"__metadata__":{"k\"\u0002)"
      "\u00e9"
      R"(":"v\n"},)"
      R"("Z":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
      R"("z\"\\/\n\t\b\f\r\u0001\u001f)"
      "\x7f\u00e9\U0001F642"
      R"(":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)"
      R"("a":{"dtype":"BF16","shape":[2,0],"data_offsets":[8,8]},)"
      R"("":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}   )";
  EXPECT_EQ(WriteAndRead({{"", "U8", {3}, AsBytes("xyz")},
                          {"z\"\\/\n\t\b\f\r\x01\x1f\x7f\u00e9\U0001F642",
                           "F32",
                           {1},
                           AsBytes("abcd")},
                          {"a", "BF16", {2, 0}, {}},
                          {"Z", "F32", {}, AsBytes("efgh")}},
                         {{"k\"\x02\u00e9", "v\n"}}),
            LittleEndian64(288) + header + "efghabcdxyz");
}

TEST_F(SafetensorsTest, WritesNoTensorsAsTheReferenceDoes) {
  EXPECT_EQ(WriteAndRead({}), LittleEndian64(8) + "{}      ");
}

TEST_F(SafetensorsTest, OrdersDtypesAsTheReferenceDoes) {
  std::vector<TensorToWrite> tensors;
  for (const char* dtype :
       {"BOOL",    "F4",      "F6_E2M3", "F6_E3M2",     "U8",          "I8",
        "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I16",
        "U16",     "F16",     "BF16",    "I32",         "U32",         "F32",
        "C64",     "F64",     "I64",     "U64"}) {
    tensors.push_back({dtype, dtype, {0}, {}});
  }
  const std::string bytes = WriteAndRead(tensors);
  size_t previous = bytes.size();
  for (const TensorToWrite& tensor : tensors) {
    const size_t place = bytes.find("\"" + tensor.name + "\":");
    EXPECT_LT(place, previous) << tensor.name;
    previous = place;
  }
}

TEST_F(SafetensorsTest, RefusesToWriteWhatItWouldNotRead) {
  auto refusal = [&](TensorToWrite tensor) {
    return WriteAndRead({std::move(tensor)});
  };
  EXPECT_THAT(refusal({"w", "F32", {2}, AsBytes("abcd")}),
              HasSubstr("has 4 bytes, its shape and dtype need 8"));
  EXPECT_THAT(refusal({"w", "F32", {-1}, AsBytes("abcd")}),
              StartsWith("refused"));
  EXPECT_THAT(refusal({"w", "F4", {3}, AsBytes("ab")}), StartsWith("refused"));
  EXPECT_THAT(refusal({"w", "f32", {1}, AsBytes("abcd")}),
              HasSubstr("unknown dtype \"f32\""));
  EXPECT_THAT(refusal({"__metadata__", "U8", {1}, AsBytes("a")}),
              HasSubstr("does not allow"));
  EXPECT_THAT(refusal({"\xff", "U8", {1}, AsBytes("a")}),
              HasSubstr("not valid UTF-8"));
  EXPECT_THAT(WriteAndRead({{"w", "U8", {1}, AsBytes("a")},
                            {"w", "I8", {1}, AsBytes("b")}}),
              HasSubstr("tensor \"w\" is there twice"));
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(SafetensorsTest, ErrorsNameTheFile) {
  EXPECT_EQ(SafetensorsFile::Open(file_).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(SafetensorsFile::Open(folder_.path()).error().code,
            ErrorCode::kNotFound);
  ASSERT_TRUE(WriteFileAtomically(file_, ""));
  auto empty = SafetensorsFile::Open(file_);
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, ErrorCode::kDataLoss);
  EXPECT_THAT(empty.error().message, HasSubstr("a.safetensors: has 0 bytes"));
}

TEST_F(SafetensorsTest, TruncatedFileIsRefused) {
  const std::string bytes = WriteAndRead({{"w", "U8", {5}, AsBytes("abcde")}});
  ASSERT_TRUE(WriteFileAtomically(file_, bytes.substr(0, bytes.size() - 1)));
  EXPECT_EQ(SafetensorsFile::Open(file_).error().code, ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace rankadaptor::llama
