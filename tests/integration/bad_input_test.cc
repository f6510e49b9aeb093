// Bad input of every kind: exit code 2, one sentence on stderr, nothing on
// stdout, nothing left behind.
#include <algorithm>
#include <memory>
#include <set>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "tests/integration/program.h"
#include "tests/integration/small_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::ProgramResult;
using rankadaptor::testing::TemporaryFolder;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct BadInput {
  const char* name;
  std::vector<std::string> arguments;
  const char* problem;  // a part of the sentence
};

// One folder for all: no test may change it.
class BadInputTest : public ::testing::TestWithParam<BadInput> {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    rankadaptor::testing::WriteSmallModel(folder_->path(), 1);
    CopyModel("truncated");
    fs::resize_file(*folder_ / "truncated/model.safetensors", 5000);
    CopyModel("hostile");
    Write("hostile/model.safetensors",
          std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10));
    CopyModel("pickled");
    fs::rename(*folder_ / "pickled/model.safetensors",
               *folder_ / "pickled/pytorch_model.bin");
    CopyModel("unweighted");
    fs::remove(*folder_ / "unweighted/model.safetensors");
    Write("empty.txt", "");
    Write("empty.json", "[]");
    Write("no_choices.yaml",
          "name: t\ndata: t.jsonl\ncontext: '{q}'\ngold: g\n");
    Write("t.jsonl", "{\"q\": \"a\", \"g\": 0}\n");
    Write("ranks.json", "[2, 3]");
    Write("damaged.study.db", std::string(4096, 'x'));
    Write("full/file", "");
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static void CopyModel(const char* name) {
    fs::copy(*folder_ / "model", *folder_ / name);
  }
  static void Write(const fs::path& file, const std::string& text) {
    fs::create_directories((*folder_ / file).parent_path());
    ASSERT_TRUE(WriteFileAtomically(*folder_ / file, text));
  }

  static std::set<std::string> Contents() {
    std::set<std::string> paths;
    for (const auto& entry :
         fs::recursive_directory_iterator(folder_->path())) {
      paths.insert(entry.path().string());
    }
    return paths;
  }

  static std::unique_ptr<TemporaryFolder> folder_;
};

std::unique_ptr<TemporaryFolder> BadInputTest::folder_;

TEST_P(BadInputTest, EndsWithCodeTwoAndOneSentence) {
  const std::set<std::string> before = Contents();
  const ProgramResult result =
      rankadaptor::testing::RunProgram(folder_->path(), GetParam().arguments);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, StartsWith("rankadaptor: error: "));
  EXPECT_THAT(result.err, HasSubstr(GetParam().problem));
  EXPECT_THAT(result.err, EndsWith("\n"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1)
      << result.err;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_EQ(Contents(), before);
}

// `search search.yaml` with one field set to something else.
std::vector<std::string> SearchWith(const std::string& assignment) {
  return {"search", "search.yaml", "--set", assignment};
}

std::vector<std::string> PruneWith(const std::string& model,
                                   const std::string& out) {
  return {"prune", "--model", model, "--config", "prune.yaml", "--out", out};
}

std::vector<std::string> RecoverWith(const std::string& assignment) {
  return {"recover",
          "--model",
          "model",
          "--config",
          "recover.yaml",
          "--out",
          "new",
          "--set",
          assignment};
}

std::vector<std::string> EvalWith(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {
      "eval", "--model", "model", "--out", "new"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine,
    BadInputTest,
    ::testing::Values(
        BadInput{"NoCommand", {}, "name a command"},
        BadInput{"UnknownCommand", {"serach"}, "did you mean search?"},
        BadInput{
            "UnknownOption", {"search", "search.yaml", "--nope"}, "--nope"},
        BadInput{"MissingOption",
                 {"prune", "--model", "model"},
                 "--config is required"},
        BadInput{"MissingConfig",
                 {"search", "none.yaml"},
                 "none.yaml: no such file"},
        BadInput{"ConfigOfAnotherCommand",
                 {"search", "prune.yaml"},
                 "the config has no field pruning"},
        BadInput{"NotAConfig", {"validate", "ranks.json"}, "is no config"},
        BadInput{"UnknownFormat",
                 {"export", "model", "--format", "onnx", "--out", "new"},
                 "onnx"},
        BadInput{"UnknownDtype",
                 EvalWith({"--perplexity", "text.txt", "--dtype", "int4"}),
                 "dtype 'int4' is not one of float32, bfloat16"},
        BadInput{"NothingToScore", EvalWith({}), "--tasks"},
        BadInput{"OutputIsAFile",
                 {"eval",
                  "--model",
                  "model",
                  "--perplexity",
                  "text.txt",
                  "--out",
                  "text.txt"},
                 "text.txt: is no folder"},
        BadInput{"OutputExists",
                 PruneWith("model", "full"),
                 "exists already and is not empty"},
        BadInput{"ExportOfNothing",
                 {"export", "none.db", "--format", "peft", "--out", "new"},
                 "none.db: no such file"},
        BadInput{
            "DamagedStudy",
            {"export", "damaged.study.db", "--format", "peft", "--out", "new"},
            "damaged.study.db: file is not a database"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Models,
    BadInputTest,
    ::testing::Values(
        BadInput{"Missing", PruneWith("none", "new"), "none/config.json"},
        BadInput{"Truncated",
                 PruneWith("truncated", "new"),
                 "truncated/model.safetensors"},
        BadInput{"HostileHeader",
                 PruneWith("hostile", "new"),
                 "hostile/model.safetensors"},
        BadInput{"Pickled", PruneWith("pickled", "new"), "pytorch_model.bin"},
        BadInput{
            "WithoutWeights", PruneWith("unweighted", "new"), "unweighted"},
        BadInput{"TruncatedInASearch",
                 SearchWith("evaluator.llama.model=truncated"),
                 "truncated/model.safetensors"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Data,
    BadInputTest,
    ::testing::Values(
        BadInput{"EmptyText",
                 RecoverWith("recovery.data={text: empty.txt}"),
                 "empty.txt"},
        BadInput{"EmptyList",
                 RecoverWith("recovery.data={alpaca: empty.json}"),
                 "empty.json"},
        BadInput{"NotJson",
                 RecoverWith("recovery.data={alpaca: text.txt}"),
                 "text.txt: is not JSON"},
        BadInput{"Missing",
                 RecoverWith("recovery.data={text: none.txt}"),
                 "recovery.data.text: none.txt: no such file"},
        BadInput{"RanksOfAnotherModel",
                 {"recover",
                  "--model",
                  "model",
                  "--config",
                  "recover.yaml",
                  "--out",
                  "new",
                  "--ranks",
                  "ranks.json"},
                 "ranks.json: has 2 ranks, the model has 3 layers"},
        BadInput{"TaskWithoutChoices",
                 EvalWith({"--tasks", "no_choices.yaml"}),
                 "choices"},
        BadInput{"UnknownTask", EvalWith({"--tasks", "none"}), "\"none\""},
        BadInput{"EmptyHeldoutText",
                 EvalWith({"--perplexity", "empty.txt"}),
                 "empty.txt"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Search,
    BadInputTest,
    ::testing::Values(
        BadInput{"UnknownField",
                 SearchWith("evaluator.llama.modle=x"),
                 "did you mean model?"},
        BadInput{"RankOutsideTheCandidates",
                 SearchWith("evaluator.llama.ranks.baselines=[{name: a, ranks: "
                            "[8, 3, 8]}]"),
                 "'layer 1' = 3 is not one of {2,4,8,12}"},
        BadInput{"AllLayersProtected",
                 SearchWith("evaluator.llama.pruning={depth: {num_blocks: 1, "
                            "criterion: magnitude}}"),
                 "leave nothing to remove of 3 layers"},
        BadInput{"GlobalPruning",
                 SearchWith("evaluator.llama.pruning.width.scope=global"),
                 "depend on the weights"},
        BadInput{"PruningWithoutCalibration",
                 SearchWith("evaluator.llama.pruning={width: {ratio: 0.5, "
                            "attention_layers: {start: 1, end: 3}, "
                            "mlp_layers: {start: 1, end: 3}}}"),
                 "width.calibration is required"},
        BadInput{"UnsortedCandidates",
                 SearchWith("evaluator.llama.ranks.candidates=[4, 2]"),
                 "ascending"},
        BadInput{"LayersTheModelDoesNotHave",
                 SearchWith("evaluator.llama.ranks.layers={start: 2, end: 9}"),
                 "3 layers"},
        BadInput{"BudgetBelowTheCheapest",
                 SearchWith("evaluator.llama.ranks.budget={parameters: 1}"),
                 "budget"},
        BadInput{"UnknownObjective",
                 SearchWith("evaluator.llama.objective=fame"),
                 "evaluator.llama.objective = fame"},
        BadInput{"MissingHeldoutText",
                 SearchWith("evaluator.llama.scoring.heldout_texts=[{name: a, "
                            "text_file: none.txt}]"),
                 "none.txt: no such file"},
        // Before the database is asked, so that nothing is left there.
        BadInput{"NestedRanksInADatabase",
                 {"search",
                  "search.yaml",
                  "--study",
                  "postgresql:///db?host=/nonexistent&study=a",
                  "--set",
                  "evaluator.llama.nested_ranks={num_vectors: 6}"},
                 "study=a: evaluator.llama.nested_ranks is for studies in "
                 "files; leave it out"},
        BadInput{"MoreInitialTrialsThanTrials",
                 SearchWith("search.num_initial_trials=99"),
                 "num_initial_trials = 99"},
        BadInput{"DeviceThatIsNotThere",
                 SearchWith("evaluator.llama.device=cuda"),
                 "cuda"},
        BadInput{"StudyInAFolderThatIsNotThere",
                 {"search", "search.yaml", "--study", "none/a.study.db"},
                 "there is no folder none"},
        BadInput{"ReportInAFolderThatIsNotThere",
                 {"search", "search.yaml", "--json", "none/a.json"},
                 "there is no folder none"},
        BadInput{"DamagedStudy",
                 {"search",
                  "search.yaml",
                  "--study",
                  "damaged.study.db",
                  "--resume"},
                 "damaged.study.db: file is not a database"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace rankadaptor::runners
