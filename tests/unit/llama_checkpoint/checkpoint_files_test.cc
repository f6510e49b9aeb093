#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/safetensors.h"

#include "tests/support/temporary_folder.h"
#include "tests/unit/llama_checkpoint/safetensors_bytes.h"

namespace rankadaptor::llama {
namespace {

using rankadaptor::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class CheckpointFilesTest : public ::testing::Test {
 protected:
  // A file with one byte for each of `names`.
  void WriteTensors(const char* file, const std::vector<std::string>& names) {
    std::vector<TensorToWrite> tensors;
    for (const std::string& name : names) {
      tensors.push_back({name, "U8", {1}, AsBytes("x")});
    }
    ASSERT_TRUE(WriteSafetensors(folder_ / file, tensors, {}));
  }

  void Write(const char* file, std::string_view text) {
    ASSERT_TRUE(WriteFileAtomically(folder_ / file, text));
  }

  void WriteIndex(std::string_view weight_map) {
    Write("model.safetensors.index.json",
          R"({"metadata":{"total_size":2},"weight_map":)" +
              std::string(weight_map) + "}");
  }

  Error OpenError() {
    auto files = CheckpointFiles::Open(folder_.path());
    return files ? Error{ErrorCode::kInternal, "opened"} : files.error();
  }

  const TemporaryFolder folder_;
};

TEST_F(CheckpointFilesTest, OpensASingleFile) {
  WriteTensors("model.safetensors", {"a", "b"});
  auto files = CheckpointFiles::Open(folder_.path());
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->tensors().size(), 2u);
}

TEST_F(CheckpointFilesTest, JoinsShards) {
  WriteTensors("model-1.safetensors", {"a", "c"});
  WriteTensors("model-2.safetensors", {"b"});
  WriteIndex(R"({"a":"model-1.safetensors","b":"model-2.safetensors",
                 "c":"model-1.safetensors"})");
  auto files = CheckpointFiles::Open(folder_.path());
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->tensors().size(), 3u);
  EXPECT_EQ(files->tensors().at("b").data[0], std::byte{'x'});
}

TEST_F(CheckpointFilesTest, SingleFileWinsOverAnIndex) {
  WriteTensors("model.safetensors", {"a"});
  WriteIndex("{\"z\":\"none.safetensors\"}");
  EXPECT_TRUE(CheckpointFiles::Open(folder_.path()));
}

TEST_F(CheckpointFilesTest, MissingShardIsNamed) {
  WriteIndex(R"({"a":"model-1.safetensors"})");
  EXPECT_EQ(OpenError().code, ErrorCode::kNotFound);
  EXPECT_THAT(OpenError().message, HasSubstr("model-1.safetensors"));
}

TEST_F(CheckpointFilesTest, TruncatedShardIsNamed) {
  WriteTensors("model-1.safetensors", {"a"});
  const std::string bytes = ReadFile(folder_ / "model-1.safetensors").value();
  Write("model-1.safetensors", bytes.substr(0, bytes.size() - 1));
  WriteIndex(R"({"a":"model-1.safetensors"})");
  EXPECT_EQ(OpenError().code, ErrorCode::kDataLoss);
  EXPECT_THAT(OpenError().message, HasSubstr("model-1.safetensors: "));
}

TEST_F(CheckpointFilesTest, IndexAndShardsMustAgree) {
  WriteTensors("model-1.safetensors", {"a"});
  WriteTensors("model-2.safetensors", {"b"});
  WriteIndex(R"({"a":"model-1.safetensors","b":"model-1.safetensors"})");
  EXPECT_THAT(OpenError().message, HasSubstr("has no tensor \"b\""));
  WriteIndex(R"({"b":"model-2.safetensors","a":"model-2.safetensors"})");
  EXPECT_THAT(OpenError().message, HasSubstr("has no tensor \"a\""));
  WriteTensors("model-2.safetensors", {"a", "b"});
  WriteIndex(R"({"a":"model-1.safetensors","b":"model-2.safetensors"})");
  EXPECT_THAT(OpenError().message,
              AllOf(HasSubstr("model-2.safetensors: holds tensor \"a\""),
                    HasSubstr("places in \"model-1.safetensors\"")));
  WriteTensors("model-2.safetensors", {"b", "c"});
  EXPECT_THAT(OpenError().message, HasSubstr("does not name"));
}

TEST_F(CheckpointFilesTest, ShardsLieBesideTheIndex) {
  WriteTensors("model-1.safetensors", {"a"});
  for (const char* shard : {R"("../model-1.safetensors")",
                            R"("/model-1.safetensors")",
                            R"("x\\model-1.safetensors")",
                            R"("model-1.safetensors\u0000.safetensors")",
                            R"("model-1.bin")",
                            R"("")",
                            "1",
                            "null"}) {
    WriteIndex("{\"a\":" + std::string(shard) + "}");
    EXPECT_EQ(OpenError().code, ErrorCode::kDataLoss) << shard;
    EXPECT_THAT(OpenError().message, HasSubstr("weight_map[\"a\"] = "));
  }
}

TEST_F(CheckpointFilesTest, DamagedIndexIsNamed) {
  for (const char* weight_map : {"1", "[]", "null", "{", "{\"a\":{}}"}) {
    WriteIndex(weight_map);
    EXPECT_THAT(OpenError().message,
                HasSubstr("model.safetensors.index.json: "));
  }
  WriteTensors("model-1.safetensors", {"a"});
  WriteIndex(R"({"a":"model-1.safetensors","a":"model-1.safetensors"})");
  EXPECT_THAT(OpenError().message, HasSubstr("\"a\" twice"));
}

TEST_F(CheckpointFilesTest, PicklesAreRefusedWithTheWayOut) {
  Write("training_args.bin", "x");
  Write("pytorch_model-00001-of-00002.bin", "x");
  const Error error = OpenError();
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("(pytorch_model-00001-of-00002.bin)"),
                    HasSubstr("can run any code"),
                    HasSubstr("python3 experiments/convert/"
                              "convert_checkpoint.py /"),
                    EndsWith("-safetensors")));
}

TEST_F(CheckpointFilesTest, OtherPicklesAreRefusedWithWhatCanBeConverted) {
  Write("consolidated.00.pth", "x");
  EXPECT_THAT(OpenError().message,
              EndsWith("converts pytorch_model*.bin only"));
}

TEST_F(CheckpointFilesTest, FolderWithoutWeightsSaysWhatIsMissing) {
  EXPECT_EQ(OpenError().code, ErrorCode::kNotFound);
  EXPECT_THAT(OpenError().message, HasSubstr("model.safetensors.index.json"));
  auto none = CheckpointFiles::Open(folder_ / "none");
  EXPECT_THAT(none.error().message, HasSubstr("none: no such folder"));
}

}  // namespace
}  // namespace rankadaptor::llama
