// The commands one after the other, as a user would: pretrain, prune, recover,
// eval, search, export.
#include <algorithm>
#include <signal.h>

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
using rankadaptor::testing::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandsTest : public ::testing::Test {
 protected:
  // Few steps: enough for tests that do not ask how good the model is.
  explicit CommandsTest(int num_steps = 5) {
    rankadaptor::testing::WriteSmallModel(folder_.path(), num_steps);
  }

  ProgramResult Run(const std::vector<std::string>& arguments) {
    ProgramResult result =
        rankadaptor::testing::RunProgram(folder_.path(), arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result;
  }

  std::string Bytes(const fs::path& file) const {
    auto bytes = ReadFile(folder_ / file);
    EXPECT_TRUE(bytes) << bytes.error().message;
    return bytes.value_or("");
  }

  // The held-out loss of a model, with what else `arguments` says.
  double Loss(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "eval");
    for (const char* argument :
         {"--perplexity", "text.txt", "--max-length", "32", "--out", "loss"}) {
      arguments.emplace_back(argument);
    }
    Run(arguments);
    return nlohmann::json::parse(Bytes("loss/perplexity.json"))["loss"];
  }

  std::vector<Trial> Trials(const std::string& study) const {
    auto store = SqliteStore::OpenToRead(folder_ / study).value();
    std::vector<Trial> trials = store->LoadTrials().value();
    for (Trial& trial : trials) trial.duration_seconds = 0;
    return trials;
  }

  TemporaryFolder folder_;
};

class TrainedModelTest : public CommandsTest {
 protected:
  TrainedModelTest() : CommandsTest(150) {}
};

TEST_F(TrainedModelTest, RecoveryHelpsAndMergingChangesNothing) {
  const ProgramResult pruned = Run({"prune",
                                    "--model",
                                    "model",
                                    "--config",
                                    "prune.yaml",
                                    "--out",
                                    "pruned"});
  EXPECT_THAT(pruned.out, HasSubstr("1          2         1            24"));
  ASSERT_TRUE(WriteFileAtomically(folder_ / "ranks.json", "[4, 0, 8]"));
  Run({"recover",
       "--model",
       "pruned",
       "--config",
       "recover.yaml",
       "--ranks",
       "ranks.json",
       "--out",
       "adapter",
       "--set",
       "recovery.steps=40"});
  const double before = Loss({"--model", "pruned"});
  const double after = Loss({"--model", "pruned", "--adapter", "adapter"});
  EXPECT_LT(after, before);
  Run({"export",
       "adapter",
       "--model",
       "pruned",
       "--format",
       "merged",
       "--out",
       "merged"});
  EXPECT_NEAR(Loss({"--model", "merged"}), after, 1e-5);
}

TEST_F(CommandsTest, PruningSaysWhatIsLeftAndWhatItGains) {
  ASSERT_TRUE(WriteFileAtomically(
      folder_ / "depth.yaml",
      "{schema_revision: 1, pruning: {depth: {num_blocks: 1, criterion: "
      "magnitude, num_protected_first: 1, num_protected_last: 0}}}"));
  const ProgramResult planned =
      Run({"prune", "--model", "model", "--config", "depth.yaml", "--dry-run"});
  const ProgramResult pruned = Run({"prune",
                                    "--model",
                                    "model",
                                    "--config",
                                    "depth.yaml",
                                    "--out",
                                    "shallow"});
  EXPECT_THAT(pruned.out, HasSubstr("parameters kept"));
  EXPECT_THAT(pruned.out, HasSubstr("a forward pass of 64 tokens: "));
  EXPECT_THAT(pruned.out, HasSubstr("least to the most important:"));
  EXPECT_THAT(Bytes("shallow/config.json"),
              HasSubstr("\"num_hidden_layers\": 2"));
  const size_t share = planned.out.rfind('\n', planned.out.size() - 2);
  EXPECT_THAT(pruned.out, HasSubstr(planned.out.substr(share)));
}

TEST_F(CommandsTest, SearchWorksOnADepthPrunedModel) {
  const ProgramResult searched =
      Run({"search",
           "search.yaml",
           "--set",
           "evaluator.llama.pruning={depth: {ratio: 0.2, num_protected_first: "
           "1, num_protected_last: 1, calibration: {text_file: text.txt, "
           "num_windows: 2, window_tokens: 8}}}"});
  EXPECT_THAT(searched.out, HasSubstr("pruned"));
  for (const Trial& trial : Trials("search.study.db")) {
    EXPECT_EQ(trial.state, TrialState::kComplete) << trial.reason;
    EXPECT_EQ(trial.configuration.choices.size(), 2U);
  }
}

TEST_F(CommandsTest, ShortTrialsAreToldAndKeptAsSuch) {
  const ProgramResult searched = Run({"search",
                                      "search.yaml",
                                      "--set",
                                      "evaluator.llama.fidelities=[0.25, 1]"});
  EXPECT_THAT(searched.err, HasSubstr(" in 25 % of a full trial"));
  int num_short = 0;
  int num_full = 0;
  for (const Trial& trial : Trials("search.study.db")) {
    EXPECT_EQ(trial.state, TrialState::kComplete) << trial.reason;
    const bool confirms = trial.split == ItemSplit::kConfirm;
    EXPECT_TRUE(!confirms || trial.fidelity == 1);
    ++(trial.fidelity == 0.25 ? num_short : num_full);
  }
  EXPECT_GT(num_short, 0);
  EXPECT_GT(num_full, 0);
}

// A recovery of 400 updates is long.
TEST_F(CommandsTest, LongTrialsAreScreenedWithoutBeingAsked) {
  auto plan = [this](const std::string& steps, const std::string& strategy) {
    return Run({"search",
                "search.yaml",
                "--dry-run",
                "--set",
                "evaluator.llama.recovery.steps=" + steps,
                "--set",
                "search.strategy=" + strategy})
        .out;
  };
  EXPECT_THAT(plan("399", "structured"), HasSubstr("short trials: none"));
  EXPECT_THAT(plan("400", "structured"),
              HasSubstr("short trials: 25 % of a full one"));
  EXPECT_THAT(plan("400", "random"), HasSubstr("short trials: none"));
}

TEST_F(CommandsTest, AdaLoraPrintsAndExportsTheRanksItFound) {
  const ProgramResult result =
      Run({"recover",
           "--model",
           "model",
           "--config",
           "recover.yaml",
           "--out",
           "adapter",
           "--set",
           "recovery.steps=10",
           "--set",
           "adalora={initial_rank: 4, target_rank: 2}"});
  EXPECT_THAT(result.out, HasSubstr("layer  q_proj  k_proj  v_proj"));
  const auto config =
      nlohmann::json::parse(Bytes("adapter/adapter_config.json"));
  EXPECT_EQ(config["peft_type"], "ADALORA");
  int64_t num_kept = 0;
  int64_t num_modules = 0;
  for (const auto& [name, kept] : config["rank_pattern"].items()) {
    num_kept += std::ranges::count(kept.get<std::vector<bool>>(), true);
    ++num_modules;
  }
  EXPECT_EQ(num_kept, 2 * num_modules);
  const double loss = Loss({"--model", "model", "--adapter", "adapter"});
  EXPECT_NEAR(
      Loss({"--model", "model", "--adapter", "adapter/lora"}), loss, 1e-6);
}

TEST_F(CommandsTest, ModelsContinuePromptsSideBySide) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "prompts.txt", "the\na <b>\n"));
  const std::vector<std::string> arguments = {"generate",
                                              "--model",
                                              "model",
                                              "--prompts",
                                              "prompts.txt",
                                              "--max-new-tokens",
                                              "8"};
  const ProgramResult text = Run(arguments);
  EXPECT_THAT(text.out, HasSubstr("prompt 2: a <b>\n--- model\n"));
  EXPECT_EQ(Run(arguments).out, text.out);
  std::vector<std::string> two = arguments;
  for (const char* argument : {"--model", "model", "--out", "page.html"}) {
    two.emplace_back(argument);
  }
  Run(two);
  EXPECT_THAT(Bytes("page.html"), HasSubstr("<th>model</th><th>model</th>"));
  std::vector<std::string> wrong = two;
  for (const char* argument : {"--adapter", "-"}) wrong.emplace_back(argument);
  const ProgramResult refused =
      rankadaptor::testing::RunProgram(folder_.path(), wrong);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--adapter is given 1 times"));
}

TEST_F(CommandsTest, TasksAreScoredInTheLayoutOfLmEval) {
  const std::string task = std::string(TINYWORLD_FOLDER) + "/data/facts.yaml";
  const ProgramResult scored = Run({"eval",
                                    "--model",
                                    "model",
                                    "--tasks",
                                    task,
                                    "--limit",
                                    "5",
                                    "--log-samples",
                                    "--out",
                                    "scores"});
  EXPECT_THAT(scored.out, HasSubstr("facts"));
  int num_samples = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "scores")) {
    const std::string name = entry.path().filename();
    if (name.starts_with("results_")) {
      auto json = nlohmann::json::parse(Bytes(entry.path()));
      EXPECT_TRUE(json["results"]["facts"].contains("acc,none"));
    } else {
      EXPECT_THAT(name, ::testing::StartsWith("samples_facts_"));
      const std::string lines = Bytes(entry.path());
      num_samples +=
          static_cast<int>(std::count(lines.begin(), lines.end(), '\n'));
    }
  }
  EXPECT_EQ(num_samples, 5);
}

TEST_F(CommandsTest, SearchKeepsTheAdaptersOfFinalistsOnly) {
  const ProgramResult searched = Run({"search", "search.yaml"});
  EXPECT_THAT(searched.out, HasSubstr("dense"));
  EXPECT_THAT(searched.out, HasSubstr("pruned"));
  EXPECT_THAT(searched.out, HasSubstr("adapters: search.study.artifacts"));
  for (const Trial& trial : Trials("search.study.db")) {
    EXPECT_EQ(trial.state, TrialState::kComplete) << trial.reason;
    EXPECT_EQ(fs::exists(folder_ / "search.study.artifacts" /
                         ("trial-" + std::to_string(trial.id))),
              trial.purpose == TrialPurpose::kFinalist)
        << trial.id;
  }
}

TEST_F(CommandsTest, TheAdapterOfATrialIsMadeAgainFromItsSeed) {
  Run({"search", "search.yaml"});
  const fs::path kept = folder_ / "search.study.artifacts";
  const fs::path trial = fs::directory_iterator(kept)->path().filename();
  const std::string id = trial.string().substr(std::string("trial-").size());
  const std::string bytes = Bytes(kept / trial / "adapter_model.safetensors");
  fs::remove_all(kept);
  Run({"export",
       "search.study.db",
       "--trial",
       id,
       "--format",
       "peft",
       "--out",
       "again"});
  EXPECT_EQ(Bytes("again/adapter_model.safetensors"), bytes);
}

TEST_F(CommandsTest, ExportedFormsAgree) {
  Run({"search", "search.yaml"});
  for (const char* format : {"peft", "merged", "pruned"}) {
    Run({"export", "search.study.db", "--format", format, "--out", format});
  }
  Run({"export",
       "search.study.db",
       "--format",
       "peft",
       "--uniform-rank",
       "16",
       "--out",
       "uniform"});
  const double merged = Loss({"--model", "merged"});
  for (const char* adapter : {"peft", "uniform"}) {
    EXPECT_NEAR(
        Loss({"--model", "pruned", "--adapter", adapter}), merged, 1e-5);
  }
}

TEST_F(CommandsTest, KilledSearchesEndAsIfNothingHadHappened) {
  Run({"search", "search.yaml", "--study", "whole.db"});
  for (int num_lines : {2, 5}) {
    const std::string study = "cut" + std::to_string(num_lines) + ".db";
    Program program(folder_.path(),
                    {"search", "search.yaml", "--study", study});
    program.WaitForErrorLines(num_lines);
    program.Signal(SIGKILL);
    program.Finish();
    Run({"search", "search.yaml", "--study", study, "--resume"});
    EXPECT_EQ(Trials(study), Trials("whole.db"));
  }
}

// The row is measured with the seeds and on the items of the others.
TEST_F(CommandsTest, AdaLoraStandsBesideWhatWasSearched) {
  const std::vector<std::string> search = {
      "search",
      "search.yaml",
      "--resume",
      "--set",
      "evaluator.llama.adalora={initial_rank: 4, target_rank: 2}"};
  EXPECT_THAT(Run(search).out, HasSubstr("AdaLoRA"));
  const auto report = nlohmann::json::parse(Bytes("search.study.report.json"));
  const auto row = std::ranges::find(report["rows"], "AdaLoRA", [](auto& each) {
    return each["label"].template get<std::string>();
  });
  ASSERT_NE(row, report["rows"].end());
  EXPECT_EQ((*row)["objective"]["num_samples"],
            (*row)["difference"]["num_samples"]);
  EXPECT_TRUE((*row)["difference"]["mean"].is_number());
  Run(search);
  EXPECT_EQ(nlohmann::json::parse(Bytes("search.study.report.json"))["rows"],
            report["rows"]);
}

TEST_F(CommandsTest, ThePreviewIsKeptAndCounted) {
  const std::vector<std::string> search = {
      "search",
      "search.yaml",
      "--resume",
      "--set",
      "evaluator.llama.nested_ranks={num_vectors: 6}"};
  const ProgramResult result = Run(search);
  EXPECT_THAT(result.out, HasSubstr("a cheap look at 6 configurations in"));
  const fs::path kept = "search.study.artifacts/nested_ranks.json";
  const std::string preview = Bytes(kept);
  const std::vector<Trial> trials = Trials("search.study.db");
  Run(search);
  EXPECT_EQ(Bytes(kept), preview);
  fs::remove(folder_ / kept);
  Run(search);
  auto sources = [](const std::string& text) {
    return nlohmann::json::parse(text)["sources"];
  };
  EXPECT_EQ(sources(Bytes(kept)), sources(preview));
  EXPECT_EQ(Trials("search.study.db"), trials);
}

TEST_F(CommandsTest, TwoWorkersGiveWhatOneDoes) {
  Run({"search",
       "search.yaml",
       "--study",
       "one.db",
       "--set",
       "search.batch_size=2"});
  Run({"search",
       "search.yaml",
       "--study",
       "two.db",
       "--set",
       "search.batch_size=2",
       "--set",
       "workers=2"});
  EXPECT_EQ(Trials("one.db"), Trials("two.db"));
}

TEST_F(CommandsTest, DryRunsCostNothing) {
  const ProgramResult result = Run({"search", "search.yaml", "--dry-run"});
  EXPECT_THAT(result.out, HasSubstr("after pruning: "));
  EXPECT_THAT(result.out, HasSubstr("each recovery: 4 steps of 4 of"));
  EXPECT_THAT(result.out, HasSubstr("held-out text text: 8 windows"));
  EXPECT_FALSE(fs::exists(folder_ / "search.study.db"));
}

}  // namespace
}  // namespace rankadaptor::runners
