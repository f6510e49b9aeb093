// A program of its own as the evaluator of a search.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "runners/store/sqlite_store.h"
#include "tests/integration/program.h"
#include "tests/integration/running_processes.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/process/faults.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::kFaults;
using rankadaptor::testing::Program;
using rankadaptor::testing::ProgramResult;
using rankadaptor::testing::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::Not;

int IndexOf(std::string_view fault) {
  int index = 0;
  while (kFaults[index].name != fault) ++index;
  return index;
}

// "[[fault, size], ...]" as trials to try first.
std::string Enqueued(const std::vector<const char*>& faults) {
  std::string text;
  for (const char* fault : faults) {
    text += (text.empty() ? "" : ", ") +
            ("{values: [" + std::to_string(IndexOf(fault)) + ", 5]}");
  }
  return "search.enqueued=[" + text + "]";
}

class ProcessSearchTest : public ::testing::Test {
 protected:
  ProcessSearchTest() {
    fs::create_symlink(FAULT_EVALUATOR, folder_ / "evaluator");
    EXPECT_TRUE(WriteFileAtomically(
        folder_ / "a.yaml",
        "schema_revision: 1\nevaluator:\n  process:\n    command: "
        "[./evaluator, " +
            folder_.path().string() +
            "]\n    isolation: {retries: 0, memory_mib: 256}\n"
            "search: {strategy: random, max_trials: 3, "
            "num_initial_trials: 3}\nconfirmation: {seeds: 1}\n"));
  }

  ProgramResult Run(const std::vector<std::string>& arguments) {
    return rankadaptor::testing::RunProgram(folder_.path(), arguments);
  }

  // Is a process there that was started with this test's folder?
  bool EvaluatorIsThere() const {
    return std::ranges::any_of(
        rankadaptor::testing::RunningProcesses(),
        [this](const rankadaptor::testing::RunningProcess& process) {
          return process.command.starts_with("./evaluator") &&
                 process.command.find(folder_.path().string()) !=
                     std::string::npos;
        });
  }

  TemporaryFolder folder_;
};

TEST_F(ProcessSearchTest, ATrialThatFailsSaysWhyAndTheSearchGoesOn) {
  const ProgramResult result =
      Run({"search", "a.yaml", "--set", Enqueued({"none", "abort", "nan"})});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("assertion failed"));
  auto store = SqliteStore::OpenToRead(folder_ / "a.study.db").value();
  EXPECT_EQ(store->header().evaluator, "test.faults 1");
  const std::vector<Trial> trials = store->LoadTrials().value();
  ASSERT_GE(trials.size(), 4u);
  EXPECT_EQ(trials[0].measurement.objective, 50);
  EXPECT_EQ(trials[1].state, TrialState::kFailed);
  EXPECT_EQ(trials[1].reason,
            "was killed by signal 6 (Aborted); it last printed "
            "\"assertion failed\"");
  EXPECT_EQ(trials[2].reason,
            "returned the objective nan, which is not finite");
  EXPECT_EQ(trials[3].state, TrialState::kComplete);  // confirmation
}

TEST_F(ProcessSearchTest, AStudyIsResumedAndReportedWithoutTheProgram) {
  const std::vector<std::string> search = {
      "search", "a.yaml", "--set", Enqueued({"none", "noise"})};
  std::vector<std::string> longer = search;
  longer.insert(
      longer.end(),
      {"--resume", "--set", "search.max_trials=4", "--set", "workers=2"});
  ASSERT_EQ(Run(search).exit_code, 0);
  const ProgramResult resumed = Run(longer);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  fs::remove(folder_ / "evaluator");
  const ProgramResult report = Run({"report", "a.study.db", "--out", "r.html"});
  ASSERT_EQ(report.exit_code, 0) << report.err;
  EXPECT_THAT(ReadFile(folder_ / "r.html").value(),
              Not(HasSubstr("Values are shown as the places")));
}

TEST_F(ProcessSearchTest, WrongConfigsAreRefusedByField) {
  struct Case {
    const char* assignment;
    const char* problem;
  };
  for (const auto& [assignment, problem] :
       {Case{"evaluator.process.command=[./none]",
             "evaluator.process.command: "},
        Case{"evaluator.process.command=[sh, -c, 'echo no GPU >&2; exit 9']",
             "evaluator.process.command: sh: ended with exit code 9; it last "
             "printed \"no GPU\""},
        Case{"evaluator.process.space={parameters: [{name: a, choices: [1]}]}",
             "has another space than the one it was given"},
        Case{"evaluator.process.isolation={memory_mib: 0}",
             "evaluator.process.isolation.memory_mib = 0; allowed: "},
        Case{"isolation={}",
             "isolation is for evaluators of this program; the one of a "
             "plug-in or process is a field of it"}}) {
    const ProgramResult result = Run({"search", "a.yaml", "--set", assignment});
    EXPECT_EQ(result.exit_code, 2) << assignment << result.err;
    EXPECT_THAT(result.err, HasSubstr(problem));
    EXPECT_FALSE(fs::exists(folder_ / "a.study.db"));
  }
}

TEST_F(ProcessSearchTest, TheEvaluatorDiesWithTheSearch) {
  Program program(folder_.path(),
                  {"search", "a.yaml", "--set", Enqueued({"silence"})});
  program.WaitForErrorLines(1);
  EXPECT_TRUE(EvaluatorIsThere());
  program.Signal(SIGKILL);
  program.Finish();
  while (EvaluatorIsThere()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace
}  // namespace rankadaptor::runners
