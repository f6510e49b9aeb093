// `rankadaptor sweep` on closed-form objectives: the whole program.
#include <charconv>
#include <chrono>
#include <signal.h>
#include <thread>

#include <gmock/gmock.h>

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
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSweep[] = R"(schema_revision: 1
base:
  evaluator:
    synthetic: {num_layers: 6}
  search:
    num_initial_trials: 4
    max_trials: 8
    convergence: {rounds: 0}
    strategy: random
  confirmation: {seeds: 2}
axes:
  - {name: family, field: evaluator.synthetic.family, values: [add, pair]}
seeds: [1, 2]
)";
constexpr char kFirst[] = "family=add,seed=1.study";
constexpr char kSecond[] = "family=add,seed=2.study";

class SweepTest : public ::testing::Test {
 protected:
  SweepTest() { Write("a.yaml", kSweep); }

  void Write(const char* file, const std::string& text) {
    EXPECT_TRUE(WriteFileAtomically(folder_ / file, text));
  }

  // The sweep with more trials, for tests that interrupt it.
  void MakeLong() {
    std::string text = kSweep;
    text.replace(text.find("max_trials: 8"), 13, "max_trials: 300");
    Write("a.yaml", text);
  }

  ProgramResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"sweep", "a.yaml"});
    return RunProgram(folder_.path(), arguments);
  }

  fs::path File(const std::string& name) const {
    return folder_ / "a.sweep" / name;
  }
  std::string Bytes(const std::string& name) const {
    return ReadFile(File(name)).value_or("");
  }

  std::vector<Trial> Trials(const std::string& study) const {
    auto store = SqliteStore::OpenToRead(File(study + ".db"));
    if (!store) return {};
    std::vector<Trial> trials = (*store)->LoadTrials().value();
    for (Trial& trial : trials) trial.duration_seconds = 0;
    return trials;
  }

  // The process that runs the study, once there is one.
  pid_t ProcessOf(const std::string& study) const {
    while (true) {
      const std::string text = Bytes(study + ".db-lock");
      pid_t process = 0;
      std::from_chars(text.data(), text.data() + text.size(), process);
      if (process > 0 && !Trials(study).empty()) return process;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  TemporaryFolder folder_;
};

TEST_F(SweepTest, RunsEveryStudyAndWritesTables) {
  const ProgramResult result = Run({});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("[4/4] family=pair,seed=2: done in "));
  EXPECT_THAT(result.out, ContainsRegex("pair +searched +\\*[0-9.]+ "));
  EXPECT_THAT(Bytes("results.md"), HasSubstr("4 of 4 studies are done."));
  EXPECT_THAT(Bytes("results.csv"),
              HasSubstr("family,method,objective,objective sd,objective n\n"));
  EXPECT_GE(Trials(kFirst).size(), 8 + 2 * 2);
}

// What a study of a sweep does is what `search` does with the same config.
TEST_F(SweepTest, AStudyIsThatOfASearchWithItsConfig) {
  ASSERT_EQ(Run({}).exit_code, 0);
  Write("b.yaml",
        "schema_revision: 1\nseed: 2\nevaluator:\n"
        "  synthetic: {num_layers: 6, family: pair}\nsearch:\n"
        "  num_initial_trials: 4\n  max_trials: 8\n"
        "  convergence: {rounds: 0}\n  strategy: random\n"
        "confirmation: {seeds: 2}\n");
  ASSERT_EQ(RunProgram(folder_.path(), {"search", "b.yaml"}).exit_code, 0);
  fs::copy(folder_ / "b.study.db", File("b.study.db"));
  EXPECT_EQ(Trials("family=pair,seed=2.study"), Trials("b.study"));
}

TEST_F(SweepTest, RunAgainItDoesNothingAndSaysTheSame) {
  const ProgramResult first = Run({});
  const ProgramResult again = Run({});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, first.out);
  EXPECT_THAT(again.err, IsEmpty());
}

TEST_F(SweepTest, KilledAtAnyPointItGoesOnToTheSameTrials) {
  MakeLong();
  ASSERT_EQ(Run({}).exit_code, 0);
  const std::vector<Trial> first = Trials(kFirst);
  const std::vector<Trial> second = Trials(kSecond);
  const std::string table = Bytes("results.csv");
  fs::remove_all(File(""));
  {
    Program program(folder_.path(), {"sweep", "a.yaml"});
    program.WaitForErrorLines(1);
    ProcessOf(kSecond);
    program.Signal(SIGKILL);
    program.Finish();
  }
  ProgramResult resumed = Run({});
  // The orphan stops in order, which takes it a moment.
  while (resumed.err.find("is in use by process") != std::string::npos) {
    resumed = Run({});
  }
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(Trials(kFirst), first);
  EXPECT_EQ(Trials(kSecond), second);
  EXPECT_EQ(Bytes("results.csv"), table);
}

TEST_F(SweepTest, InterruptionStopsTheStudyInOrderAndSaysHowToGoOn) {
  MakeLong();
  Program program(folder_.path(), {"sweep", "a.yaml"});
  ProcessOf(kFirst);
  program.Signal(SIGTERM);
  const ProgramResult result = program.Finish();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("go on with: rankadaptor sweep a.yaml\n"));
  EXPECT_THAT(Run({"--status"}).out,
              ContainsRegex("family=add,seed=1 +interrupted"));
}

TEST_F(SweepTest, AStudyWhoseProcessDiesHasFailedAndTheOthersGoOn) {
  MakeLong();
  Program program(folder_.path(), {"sweep", "a.yaml"});
  ::kill(ProcessOf(kFirst), SIGKILL);
  const ProgramResult result = program.Finish();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err,
              HasSubstr("[1/4] family=add,seed=1: failed: its process was "
                        "ended by signal 9\n"));
  EXPECT_THAT(result.err, HasSubstr("3 of 4 studies are done, 1 failed; "));
  EXPECT_THAT(Bytes("results.md"),
              HasSubstr("- family=add,seed=1 failed: its process"));

  EXPECT_EQ(Run({}).exit_code, 1);  // failed ones stay as they are
  const ProgramResult retried = Run({"--retry-failed"});
  EXPECT_EQ(retried.exit_code, 0) << retried.err;
  EXPECT_THAT(retried.err, HasSubstr("[1/1] family=add,seed=1: done in "));
}

TEST_F(SweepTest, RetryingMeasuresFailedTrialsAgain) {
  ASSERT_EQ(Run({}).exit_code, 0);
  const std::vector<Trial> measured = Trials(kFirst);
  {
    auto study = SqliteConnection::Open(File(kFirst + std::string(".db")),
                                        /*create=*/false);
    ASSERT_TRUE(study->Execute("UPDATE trials SET state = 2, reason = 'lost'"));
  }
  fs::remove(File(kFirst + std::string(".result.json")));
  const ProgramResult failed = Run({});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, HasSubstr("family=add,seed=1: failed: "));
  const ProgramResult retried = Run({"--retry-failed"});
  EXPECT_EQ(retried.exit_code, 0) << retried.err;
  EXPECT_EQ(Trials(kFirst), measured);
}

TEST_F(SweepTest, AStudyThatCannotEndHasFailedWithItsReason) {
  fs::create_directories(File(std::string(kFirst) + ".report.json/x"));
  const ProgramResult result = Run({});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err,
              ContainsRegex("\\[1/4\\] family=add,seed=1: failed: .*report"));
  EXPECT_THAT(Run({"--status"}).out,
              ContainsRegex("family=add,seed=1 +failed +[0-9]+ .*report"));
}

TEST_F(SweepTest, ALargerBudgetContinuesStudiesThatAreDone) {
  ASSERT_EQ(Run({}).exit_code, 0);
  std::string text = kSweep;
  text.replace(text.find("max_trials: 8"), 13, "max_trials: 9");
  Write("a.yaml", text);
  const ProgramResult more = Run({});
  EXPECT_EQ(more.exit_code, 0) << more.err;
  EXPECT_THAT(more.err, HasSubstr("[4/4]"));
}

TEST_F(SweepTest, OneStudyCanBeRunByItself) {
  EXPECT_EQ(Run({"--only", "family=add,seed=1"}).exit_code, 0);
  EXPECT_THAT(Run({"--status"}).out, HasSubstr("1 of 4 studies are done"));
  const ProgramResult unknown = Run({"--only", "family=odd"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("a.yaml has no such study"));
}

TEST_F(SweepTest, NothingIsStartedIfOneStudyIsWrong) {
  std::string text = kSweep;
  text.replace(text.find("seeds: [1"),
               9,
               "overrides: [{when: {family: pair}, set: "
               "{search.max_trials: 3}}]\nseeds: [1");
  Write("a.yaml", text);
  const ProgramResult result = Run({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("study family=pair,seed=1: "));
  EXPECT_FALSE(fs::exists(File("")));
}

TEST_F(SweepTest, AnAxisWithoutAFieldIsRefused) {
  std::string text = kSweep;
  text.replace(text.find("synthetic.family"), 16, "synthetic.familie");
  Write("a.yaml", text);
  const ProgramResult result = Run({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err,
            "rankadaptor: error: a.yaml:12:65: evaluator.synthetic has no "
            "field familie; did you mean family?\n");
  EXPECT_FALSE(fs::exists(File("")));
}

TEST_F(SweepTest, ValidateChecksSweepsToo) {
  EXPECT_THAT(RunProgram(folder_.path(), {"validate", "a.yaml"}).out,
              EndsWith("a valid config for rankadaptor sweep\n"));
}

}  // namespace
}  // namespace rankadaptor::runners
