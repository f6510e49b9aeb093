// `rankadaptor export` out of models and adapters. What real readers say of the
// files is in experiments/peers.
#include <algorithm>
#include <map>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

#include "tests/integration/program.h"
#include "tests/integration/small_model.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::FileSizeLimit;
using rankadaptor::testing::Program;
using rankadaptor::testing::ProgramResult;
using rankadaptor::testing::TemporaryFolder;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

class ExportTest : public ::testing::Test {
 protected:
  ExportTest() {
    rankadaptor::testing::WriteSmallModel(folder_.path(), 5);
    Run({"prune",
         "--model",
         "model",
         "--config",
         "prune.yaml",
         "--out",
         "pruned"});
  }

  void Run(const std::vector<std::string>& arguments) {
    const ProgramResult result =
        rankadaptor::testing::RunProgram(folder_.path(), arguments);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  ProgramResult Export(const std::string& source,
                       const std::string& format,
                       const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {
        "export", source, "--format", format, "--out", "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return rankadaptor::testing::RunProgram(folder_.path(), arguments);
  }

  std::string Bytes(const fs::path& file) const {
    return ReadFile(folder_ / file).value_or("cannot be read");
  }

  double Loss(const std::string& model) {
    Run({"eval",
         "--model",
         model,
         "--perplexity",
         "text.txt",
         "--max-length",
         "32",
         "--out",
         "loss"});
    return nlohmann::json::parse(Bytes("loss/perplexity.json"))["loss"];
  }

  // Names in the working folder.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  // There is an unfinished folder that was not there before, or a finished one.
  bool BeganToWrite(const std::vector<std::string>& before) const {
    return std::ranges::any_of(Names(), [&](const std::string& name) {
      return name.starts_with("out") && std::ranges::count(before, name) == 0;
    });
  }

  // Names and bytes of the files of a folder.
  std::map<std::string, std::string> Contents(const fs::path& folder) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder_ / folder)) {
      files[entry.path().filename()] = ReadFile(entry.path()).value();
    }
    return files;
  }

  const TemporaryFolder folder_;
};

TEST_F(ExportTest, APaddedModelIsPlainAndTheSameFunction) {
  const ProgramResult result = Export("pruned", "padded");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto config = nlohmann::json::parse(Bytes("out/config.json"));
  EXPECT_EQ(config["num_attention_heads"], 4);
  EXPECT_EQ(config["num_key_value_heads"], 2);
  EXPECT_EQ(config["intermediate_size"], 48);
  EXPECT_FALSE(config.contains("rankadaptor_layers"));
  EXPECT_NEAR(Loss("out"), Loss("pruned"), 1e-6);
}

TEST_F(ExportTest, KeepsTheMapToTheDenseModel) {
  for (const char* format : {"pruned", "padded", "gguf"}) {
    ASSERT_EQ(Export("pruned", format).exit_code, 0);
    EXPECT_EQ(Bytes("out/kept_indices.json"),
              Bytes("pruned/kept_indices.json"));
    fs::remove_all(folder_ / "out");
  }
}

TEST_F(ExportTest, TheCardOfAPrunedFolderSaysHowMuchIsGone) {
  ASSERT_EQ(Export("pruned", "pruned").exit_code, 0);
  EXPECT_THAT(Bytes("out/README.md"), HasSubstr("of all parameters are gone"));
  EXPECT_THAT(Bytes("out/README.md"), HasSubstr("2 of 4"));
  // And that of what was exported from the export.
  fs::rename(folder_ / "out", folder_ / "copy");
  ASSERT_EQ(Export("copy", "padded").exit_code, 0);
  EXPECT_THAT(Bytes("out/README.md"), HasSubstr("2 of 4"));
}

TEST_F(ExportTest, APrunedModelIsCopiedBitForBit) {
  ASSERT_EQ(Export("pruned", "pruned").exit_code, 0);
  EXPECT_EQ(Bytes("out/model.safetensors"), Bytes("pruned/model.safetensors"));
}

TEST_F(ExportTest, WritesGgufWithItsTokenizer) {
  const ProgramResult result = Export("pruned", "gguf");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string bytes = Bytes("out/model.gguf");
  EXPECT_TRUE(bytes.starts_with("GGUF"));
  EXPECT_THAT(bytes, HasSubstr("deci.attention.head_count_kv"));
  EXPECT_THAT(bytes, HasSubstr("tokenizer.ggml.tokens"));
}

TEST_F(ExportTest, HalvesTheBytesOfHalfPrecision) {
  const auto size = fs::file_size(folder_ / "pruned/model.safetensors");
  for (const char* dtype : {"float16", "bfloat16"}) {
    ASSERT_EQ(Export("pruned", "pruned", {"--dtype", dtype}).exit_code, 0);
    EXPECT_LT(fs::file_size(folder_ / "out/model.safetensors"), 0.6 * size);
    EXPECT_NEAR(Loss("out"), Loss("pruned"), 0.02);
    fs::remove_all(folder_ / "out");
  }
}

TEST_F(ExportTest, AFullDiskLeavesNothing) {
  const std::vector<std::string> before = Names();
  for (const char* format : {"pruned", "padded", "gguf"}) {
    for (rlim_t bytes : {1, 1'000, 20'000}) {
      const FileSizeLimit limit(bytes);
      const ProgramResult result = Export("pruned", format);
      EXPECT_EQ(result.exit_code, 1);
      EXPECT_THAT(result.err, HasSubstr("File too large"));
    }
  }
  EXPECT_THAT(Names(), ::testing::UnorderedElementsAreArray(before));
}

// Killed at a moment after it began to write, which may be after its end.
TEST_F(ExportTest, AKillLeavesAllOrNothing) {
  ASSERT_EQ(Export("pruned", "padded").exit_code, 0);
  const auto whole = Contents("out");
  ASSERT_TRUE(whole.contains("model.safetensors"));
  for (int i = 0; i < 20; ++i) {
    fs::remove_all(folder_ / "out");
    const std::vector<std::string> before = Names();
    Program program(folder_.path(),
                    {"export", "pruned", "--format", "padded", "--out", "out"});
    while (!BeganToWrite(before)) ::sched_yield();
    ::usleep(static_cast<useconds_t>(300 * i));
    program.Signal(SIGKILL);
    program.Finish();
    if (fs::exists(folder_ / "out")) {
      EXPECT_EQ(Contents("out"), whole);
    }
  }
  // The next export takes away what the killed ones left.
  fs::remove_all(folder_ / "out");
  ASSERT_EQ(Export("pruned", "padded").exit_code, 0);
  EXPECT_THAT(Names(), Each(Not(HasSubstr(".partial"))));
}

TEST_F(ExportTest, StudiesGiveModelCardsAndReports) {
  Run({"search", "search.yaml"});
  ASSERT_EQ(Export("search.study.db", "merged").exit_code, 0);
  const std::string card = Bytes("out/README.md");
  EXPECT_THAT(card, HasSubstr("Base model: model."));
  EXPECT_THAT(card, HasSubstr("of all parameters are gone"));
  EXPECT_THAT(card, HasSubstr("(this one)"));
  EXPECT_THAT(card, HasSubstr("seed of the study 5"));
  EXPECT_THAT(card, HasSubstr("recovery.data.text: \"text.txt\""));
  EXPECT_THAT(card, Not(HasSubstr(folder_.path().string())));
  Run({"report", "search.study.db", "--out", "report.html"});
  const std::string html = Bytes("report.html");
  EXPECT_THAT(html, HasSubstr("<td>dense</td>"));
  EXPECT_THAT(html, HasSubstr("trainable parameters"));
  EXPECT_THAT(html, HasSubstr("<th>layer 1</th>"));
  EXPECT_THAT(Bytes("report.csv"), HasSubstr("search.study.db,0,initial,"));
}

TEST_F(ExportTest, RefusesWhatDoesNotGoTogether) {
  const auto error = [&](const char* source,
                         const char* format,
                         const std::vector<std::string>& more) {
    const ProgramResult result = Export(source, format, more);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_FALSE(fs::exists(folder_ / "out"));
    return result.err;
  };
  EXPECT_THAT(error("pruned", "merged", {}),
              HasSubstr("--format merged is for studies and adapters"));
  EXPECT_THAT(error("pruned", "padded", {"--uniform-rank", "8"}),
              HasSubstr("--uniform-rank is for --format peft, not padded"));
  EXPECT_THAT(error("pruned", "peft", {"--dtype", "float16"}),
              HasSubstr("--dtype is not for --format peft"));
  EXPECT_THAT(error("pruned", "padded", {"--dtype", "int8"}),
              HasSubstr("int8 not in {float32,bfloat16,float16}"));
  EXPECT_THAT(error("nothing", "padded", {}), HasSubstr("nothing"));
}

}  // namespace
}  // namespace rankadaptor::runners
