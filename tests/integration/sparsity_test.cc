// `rankadaptor search` over one pruning ratio per layer, alone and with ranks.
#include <algorithm>
#include <csignal>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

#include "runners/store/sqlite_store.h"
#include "tests/integration/program.h"
#include "tests/integration/small_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::Program;
using rankadaptor::testing::ProgramResult;
using rankadaptor::testing::RunProgram;
using rankadaptor::testing::TemporaryFolder;
using ::testing::HasSubstr;

constexpr char kConfig[] = R"(schema_revision: 1
seed: 5
evaluator:
  sparsity:
    model: model
    pruning:
      ratio: 0.5
      attention_layers: {start: 1, end: 3}
      mlp_layers: {start: 0, end: 3}
      calibration: {text_file: text.txt, num_windows: 2, window_tokens: 8}
    recovery:
      data: {text: text.txt, document_separator: "\n", cutoff_length: 32}
      steps: 2
      batch_size: 4
      learning_rate: 1e-2
      warmup_steps: 0
    scoring:
      heldout_texts:
        - {name: text, text_file: text.txt, window_tokens: 32, max_windows: 8}
    ratios:
      candidates: [0.2, 0.5, 0.8]
      baselines: [{name: "last first", ratios: [0.2, 0.5, 0.8]}]
search: {num_initial_trials: 2, max_trials: 4}
confirmation: {seeds: 1}
)";

class SparsityTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    rankadaptor::testing::WriteSmallModel(folder_->path(), 1);
    ASSERT_TRUE(WriteFileAtomically(*folder_ / "a.yaml", kConfig));
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static ProgramResult Run(std::vector<std::string> arguments,
                           const std::vector<std::string>& more = {}) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProgram(folder_->path(), arguments);
  }

  static std::string Bytes(const fs::path& file) {
    return ReadFile(*folder_ / file).value_or("cannot be read");
  }

  static nlohmann::json Json(const fs::path& file) {
    return nlohmann::json::parse(Bytes(file));
  }

  // What is stored, without what no two runs have in common.
  static std::vector<Trial> Trials(const std::string& study) {
    auto store = SqliteStore::OpenToRead(*folder_ / study);
    EXPECT_TRUE(store) << store.error().message;
    if (!store) return {};
    std::vector<Trial> trials = (*store)->LoadTrials().value();
    for (Trial& trial : trials) trial.duration_seconds = 0;
    return trials;
  }

  // Of a model folder that the program wrote.
  static double Loss(const std::string& model) {
    const ProgramResult result = Run({"eval",
                                      "--model",
                                      model,
                                      "--perplexity",
                                      "text.txt",
                                      "--max-length",
                                      "32",
                                      "--out",
                                      model + ".loss"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return Json(model + ".loss/perplexity.json")["loss"];
  }

  static std::unique_ptr<TemporaryFolder> folder_;
};

std::unique_ptr<TemporaryFolder> SparsityTest::folder_;

// Sets ranks beside ratios.
const std::vector<std::string> kJointly = {
    "--set",
    "evaluator.sparsity.ranks={candidates: [2, 4]}",
    "--set",
    "evaluator.sparsity.ranks.budget={uniform_rank: 4}"};

TEST_F(SparsityTest, SearchesAtAFixedNumberOfParameters) {
  const ProgramResult result =
      Run({"search", "a.yaml", "--study", "alone.study.db"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* row : {"dense",
                          "uniform 0.5, not recovered",
                          "uniform 0.5",
                          "last first",
                          "recommended 1"}) {
    EXPECT_THAT(result.out, HasSubstr(row));
  }
  const auto report = Json("alone.study.report.json");
  int64_t limit = 0;
  for (const auto& row : report["rows"]) {
    if (row["label"] == "uniform 0.5") limit = row["num_parameters"];
  }
  ASSERT_GT(limit, 0);
  for (const auto& row : report["rows"]) {
    const std::string label = row["label"];
    if (label.starts_with("recommended") || label.starts_with("best")) {
      EXPECT_LE(row["num_parameters"], limit) << label;
      EXPECT_EQ(row["values"].size(), 3u) << label;
    }
  }
}

TEST_F(SparsityTest, SearchesRanksBesideRatios) {
  const ProgramResult result =
      Run({"search", "a.yaml", "--study", "both.study.db"}, kJointly);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("uniform 0.5, rank 4"));
  const auto report = Json("both.study.report.json");
  EXPECT_EQ(report["rows"].back()["values"].size(), 6u);
}

TEST_F(SparsityTest, SharesOneBudget) {
  const ProgramResult result =
      Run({"search", "a.yaml", "--study", "shared.study.db"},
          {"--set",
           "evaluator.sparsity.ranks={candidates: [2, 4], budget: "
           "{shared_uniform_rank: 4}}"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("parameters with the adapter"));
}

TEST_F(SparsityTest, DryRunSaysWhatRemainsAndWritesNothing) {
  const ProgramResult result = Run(
      {"search", "a.yaml", "--study", "dry.study.db", "--dry-run"}, kJointly);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("budget: at most "));
  EXPECT_THAT(result.out, HasSubstr(" trainable parameters\n"));
  EXPECT_THAT(result.out, HasSubstr("uniform 0.5, rank 4: "));
  EXPECT_THAT(result.out, HasSubstr("each recovery: 2 steps of 4"));
  EXPECT_FALSE(fs::exists(*folder_ / "dry.study.db"));
}

TEST_F(SparsityTest, ResumedAfterAKillAtAnyPointEndsAsIfNothingHadHappened) {
  ASSERT_EQ(
      Run({"search", "a.yaml", "--study", "whole.db"}, kJointly).exit_code, 0);
  const std::vector<Trial> whole = Trials("whole.db");
  for (int num_lines : {1, 3, 5}) {
    const std::string study = "cut" + std::to_string(num_lines) + ".db";
    std::vector<std::string> arguments = {"search", "a.yaml", "--study", study};
    arguments.insert(arguments.end(), kJointly.begin(), kJointly.end());
    Program program(folder_->path(), arguments);
    program.WaitForErrorLines(num_lines);
    program.Signal(SIGKILL);
    program.Finish();
    arguments.emplace_back("--resume");
    const ProgramResult resumed = Run(arguments);
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_EQ(Trials(study), whole) << "killed after " << num_lines;
  }
}

// A finalist's adapter is kept with the heads and channels that it belongs to;
// without it both are made again, the same to the bit.
TEST_F(SparsityTest, ExportsTheModelOfATrial) {
  // Without baselines every finalist's adapter is kept.
  ASSERT_EQ(Run({"search", "a.yaml", "--study", "out.study.db"},
                {"--set",
                 "evaluator.sparsity.ratios={candidates: [0.2, 0.8]}",
                 "--set",
                 "evaluator.sparsity.ranks={candidates: [2, 4], budget: "
                 "{unlimited: true}}"})
                .exit_code,
            0);
  const auto export_as = [](const std::string& format, const std::string& out) {
    const ProgramResult result =
        Run({"export", "out.study.db", "--format", format, "--out", out});
    EXPECT_EQ(result.exit_code, 0) << format << ": " << result.err;
  };
  for (const char* format : {"peft", "merged", "pruned", "padded", "gguf"}) {
    export_as(format, format);
  }
  EXPECT_NE(Loss("pruned"), Loss("merged"));
  EXPECT_NEAR(Loss("padded"), Loss("merged"), 1e-6);
  EXPECT_THAT(Bytes("merged/README.md"),
              HasSubstr("of all parameters are gone"));

  const std::vector<Trial> trials = Trials("out.study.db");
  const auto finalist =
      std::ranges::find(trials, TrialPurpose::kFinalist, &Trial::purpose);
  ASSERT_NE(finalist, trials.end());
  const fs::path kept =
      "out.study.artifacts/trial-" + std::to_string(finalist->id);
  EXPECT_EQ(Bytes(kept / "kept_indices.json"),
            Bytes("merged/kept_indices.json"));
  fs::remove_all(*folder_ / "out.study.artifacts");
  export_as("merged", "again");
  EXPECT_EQ(Bytes("again/model.safetensors"),
            Bytes("merged/model.safetensors"));
}

TEST_F(SparsityTest, ExportsTheModelOfATrialWithTiedLayers) {
  ASSERT_EQ(Run({"search", "a.yaml", "--study", "tied.study.db"},
                {"--set",
                 "search.tied=[{parameters: [layer 0 ratio, layer 2 ratio]}]",
                 "--set",
                 "search.max_trials=2"})
                .exit_code,
            0);
  EXPECT_EQ(Trials("tied.study.db")[0].configuration.choices.size(), 2u);
  const ProgramResult result =
      Run({"export", "tied.study.db", "--format", "merged", "--out", "tied"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto kept = Json("tied/kept_indices.json")["layers"];
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0]["kept_mlp"].size(), kept[2]["kept_mlp"].size());
}

TEST_F(SparsityTest, BadValuesNameTheField) {
  const auto error = [](const std::string& set) {
    const ProgramResult result =
        Run({"search", "a.yaml", "--study", "bad.db", "--set", set});
    EXPECT_EQ(result.exit_code, 2) << set;
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    return result.err;
  };
  const std::string field = "evaluator.sparsity.";
  EXPECT_THAT(error(field + "ratios.candidates=[0.5, 1]"),
              HasSubstr("candidates"));
  EXPECT_THAT(error(field + "ratios.candidates=[0.8, 0.2]"),
              HasSubstr("ascending"));
  EXPECT_THAT(error(field + "ratios.candidates=[0.5, 0.99]"),
              HasSubstr("at least one must stay"));
  EXPECT_THAT(error(field + "ratios.max_parameters=1000"), HasSubstr("budget"));
  EXPECT_THAT(error(field + "ratios.baselines=[{name: x, ratios: [0.5]}]"),
              HasSubstr("has 1 ratios; allowed: 3"));
  EXPECT_THAT(
      error(field + "ratios.baselines=[{name: x, ratios: [0.5, 0.5, 0.6]}]"),
      HasSubstr("'layer 2 ratio' = 0.6"));
  EXPECT_THAT(error(field + "ranks.candidates=[4, 2]"), HasSubstr("ascending"));
  EXPECT_THAT(error(field + "pruning.scope=global"),
              HasSubstr("pruning.scope = global"));
  EXPECT_THAT(error(field + "pruning.num_steps=2"),
              HasSubstr("pruning.num_steps = 2"));
  EXPECT_THAT(error(field + "pruning.ratio=0.99"), HasSubstr("pruning"));
  EXPECT_THAT(error(field + "pruning.mlp_layers={start: 0, end: 4}"),
              HasSubstr("mlp_layers"));
  EXPECT_THAT(error(field + "objective=nothing"), HasSubstr("= nothing"));
  EXPECT_THAT(error(field + "model=none"), HasSubstr("model"));
  EXPECT_FALSE(fs::exists(*folder_ / "bad.db"));
}

}  // namespace
}  // namespace rankadaptor::runners
