// `rankadaptor search` on a closed-form objective: the whole program, a
// microsecond a trial.
#include <algorithm>
#include <signal.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

#include "runners/store/sqlite_store.h"
#include "tests/integration/program.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::Program;
using rankadaptor::testing::ProgramResult;
using rankadaptor::testing::RunProgram;
using rankadaptor::testing::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr char kConfig[] = R"(schema_revision: 1
seed: 7
evaluator:
  synthetic: {family: xfer, num_layers: 8, noise: 0.5}
search:
  num_initial_trials: 6
  max_trials: 12
  convergence: {rounds: 0}
  num_candidates: 200
  num_final_candidates: 500
  hidden_widths: [8]
confirmation: {seeds: 2}
)";
// 12 trials; at most 3 candidates (recommended, best, uniform 8) x 2 seeds.
constexpr int kMaxTrials = 18;

class SearchTest : public ::testing::Test {
 protected:
  SearchTest() {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "a.yaml", kConfig));
  }

  ProgramResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "search");
    return RunProgram(folder_.path(), arguments);
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  // What is stored, without what no two runs have in common.
  std::vector<Trial> Trials(const std::string& study) const {
    auto store = SqliteStore::OpenToRead(folder_ / study);
    EXPECT_TRUE(store) << store.error().message;
    if (!store) return {};
    std::vector<Trial> trials = (*store)->LoadTrials().value();
    for (Trial& trial : trials) trial.duration_seconds = 0;
    return trials;
  }

  TemporaryFolder folder_;
};

TEST_F(SearchTest, WritesStudyAndReports) {
  const ProgramResult result = Run({"a.yaml", "--json", "out.json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("uniform 8"));
  EXPECT_THAT(result.out, HasSubstr("report: a.study.report.md"));
  EXPECT_THAT(Files(),
              UnorderedElementsAre("a.yaml",
                                   "a.study.db",
                                   "a.study.report.md",
                                   "a.study.report.json",
                                   "out.json"));
  auto json = nlohmann::json::parse(ReadFile(folder_ / "out.json").value());
  EXPECT_EQ(json["summary"]["num_initial_trials"], 6);
  EXPECT_EQ(json["summary"]["num_search_trials"], 6);
  EXPECT_THAT(json["rows"][0]["values"], SizeIs(8));
  EXPECT_EQ(json["rows"][0]["label"], "uniform 8");
}

TEST_F(SearchTest, TellsProgressInPlainLines) {
  const ProgramResult result = Run({"a.yaml"});
  EXPECT_THAT(result.err, HasSubstr("initialise 1/"));
  EXPECT_THAT(result.err, HasSubstr("iterate 7/"));
  EXPECT_THAT(result.err, HasSubstr("predicted"));
  EXPECT_THAT(result.err, Not(HasSubstr("\r")));
}

TEST_F(SearchTest, IsTheSameForAnyNumberOfWorkers) {
  for (const char* workers : {"1", "2", "5"}) {
    ASSERT_EQ(Run({"a.yaml",
                   "--study",
                   std::string("w") + workers + ".study.db",
                   "--set",
                   std::string("workers=") + workers,
                   "--set",
                   "search.batch_size=3"})
                  .exit_code,
              0);
  }
  EXPECT_EQ(Trials("w1.study.db"), Trials("w2.study.db"));
  EXPECT_EQ(Trials("w1.study.db"), Trials("w5.study.db"));
}

TEST_F(SearchTest, ResumedAfterAKillAtAnyPointEndsAsIfNothingHadHappened) {
  ASSERT_EQ(Run({"a.yaml", "--study", "whole.db"}).exit_code, 0);
  const std::vector<Trial> whole = Trials("whole.db");
  ASSERT_GT(whole.size(), 12);
  ASSERT_LE(whole.size(), kMaxTrials);
  for (int num_lines : {1, 4, 6, 7, 11, 12, 13, 15}) {
    const std::string study = "cut" + std::to_string(num_lines) + ".db";
    Program program(folder_.path(), {"search", "a.yaml", "--study", study});
    program.WaitForErrorLines(num_lines);
    program.Signal(SIGKILL);
    program.Finish();
    EXPECT_GE(std::ssize(Trials(study)), num_lines);
    const ProgramResult resumed = Run({"a.yaml", "--study", study, "--resume"});
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_EQ(Trials(study), whole) << "killed after " << num_lines;
  }
}

TEST_F(SearchTest, ResumingAFinishedStudyEvaluatesNothingAndReportsTheSame) {
  const ProgramResult first = Run({"a.yaml"});
  const std::vector<Trial> trials = Trials("a.study.db");
  const std::string report = ReadFile(folder_ / "a.study.report.md").value();
  const ProgramResult again = Run({"a.yaml", "--resume"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, IsEmpty());
  EXPECT_EQ(Trials("a.study.db"), trials);
  EXPECT_EQ(ReadFile(folder_ / "a.study.report.md").value(), report);
}

TEST_F(SearchTest, GoesOnWithALargerBudget) {
  ASSERT_EQ(Run({"a.yaml"}).exit_code, 0);
  const ProgramResult more =
      Run({"a.yaml", "--resume", "--set", "search.max_trials=15"});
  EXPECT_EQ(more.exit_code, 0) << more.err;
  EXPECT_THAT(more.out, HasSubstr("6 initial, 9 search"));
}

TEST_F(SearchTest, InterruptionKeepsTheStudyAndSaysHowToGoOn) {
  Program program(folder_.path(),
                  {"search",
                   "a.yaml",
                   "--set",
                   "search.max_trials=100000",
                   "--set",
                   "search.strategy=random"});
  program.WaitForErrorLines(3);
  program.Signal(SIGINT);
  const ProgramResult result = program.Finish();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err,
              HasSubstr("go on with: rankadaptor search a.yaml --study "
                        "a.study.db --resume --set"));
  EXPECT_GE(Trials("a.study.db").size(), 3);
  EXPECT_FALSE(fs::exists(folder_ / "a.study.report.md"));
}

TEST_F(SearchTest, ASecondProcessOnTheSameStudyIsRefused) {
  Program first(folder_.path(),
                {"search",
                 "a.yaml",
                 "--set",
                 "search.max_trials=100000",
                 "--set",
                 "search.strategy=random"});
  first.WaitForErrorLines(1);
  const ProgramResult second = Run({"a.yaml",
                                    "--resume",
                                    "--set",
                                    "search.max_trials=100000",
                                    "--set",
                                    "search.strategy=random"});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_THAT(second.err, HasSubstr("a.study.db: is in use by process"));
}

TEST_F(SearchTest, ExistingStudiesAreNotTouchedWithoutResume) {
  ASSERT_EQ(Run({"a.yaml"}).exit_code, 0);
  const std::string bytes = ReadFile(folder_ / "a.study.db").value();
  const ProgramResult again = Run({"a.yaml"});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_EQ(again.err,
            "rankadaptor: error: a.study.db: exists already; go on with "
            "--resume or name another --study\n");
  EXPECT_EQ(ReadFile(folder_ / "a.study.db").value(), bytes);
}

TEST_F(SearchTest, AnotherConfigIsRefusedByTheFieldThatDiffers) {
  ASSERT_EQ(Run({"a.yaml"}).exit_code, 0);
  const ProgramResult other =
      Run({"a.yaml", "--resume", "--set", "evaluator.synthetic.noise=0.25"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_EQ(other.err,
            "rankadaptor: error: a.study.db: was made with "
            "evaluator.synthetic.noise = 0.5, the config has 0.25; change it "
            "back or name another --study\n");
}

TEST_F(SearchTest, DryRunDescribesAndWritesNothing) {
  const ProgramResult result = Run({"a.yaml", "--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("study: a.study.db (new)"));
  EXPECT_THAT(result.out, HasSubstr("8 of 8 parameters are searched, 10^6.2"));
  EXPECT_THAT(
      result.out,
      HasSubstr("at most 18: 6 initial, 6 search (strategy structured), 6 "
                "confirmation with 2 seeds"));
  EXPECT_THAT(Files(), UnorderedElementsAre("a.yaml"));
}

constexpr char kTied[] =
    "search.tied=[{parameters: [layer 0, layer 3, layer 7]}]";

TEST_F(SearchTest, TiedParametersAreSearchedAsOne) {
  const auto first_trial = [&](const std::string& study) {
    auto store = SqliteStore::OpenToRead(folder_ / study);
    return store.value()->LoadTrials().value().at(0);
  };
  const std::string exact = "evaluator.synthetic.noise=0";
  ASSERT_EQ(
      Run({"a.yaml", "--study", "tied.db", "--set", exact, "--set", kTied})
          .exit_code,
      0);
  const Trial tied = first_trial("tied.db");
  ASSERT_THAT(tied.configuration.choices, SizeIs(6));
  // The same values one by one.
  std::string values;
  for (const int place : {0, 1, 2, 0, 3, 4, 5, 0}) {
    values += std::to_string(2 + 2 * tied.configuration.choices[place]) + ",";
  }
  ASSERT_EQ(Run({"a.yaml",
                 "--study",
                 "free.db",
                 "--set",
                 exact,
                 "--set",
                 "search.enqueued=[{values: [" + values + "]}]"})
                .exit_code,
            0);
  EXPECT_EQ(first_trial("free.db").measurement, tied.measurement);
}

TEST_F(SearchTest, WrongTiesAreRefusedInOneSentence) {
  auto message = [&](const std::string& groups) {
    const ProgramResult result =
        Run({"a.yaml", "--set", "search.tied=[" + groups + "]"});
    EXPECT_EQ(result.exit_code, 2) << groups;
    return result.err;
  };
  EXPECT_THAT(message("{parameters: [layer 0, layer 9]}"),
              HasSubstr("search.tied[0].parameters[1] = layer 9; allowed: the "
                        "names of parameters, 'layer 0' to 'layer 7'"));
  EXPECT_THAT(message("{parameters: [layer 0]}, {parameters: [layer 0]}"),
              HasSubstr("search.tied: parameter 'layer 0' is tied twice"));
  EXPECT_THAT(Files(), ::testing::ElementsAre("a.yaml"));
}

}  // namespace
}  // namespace rankadaptor::runners
