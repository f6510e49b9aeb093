// `rankadaptor search` of LoRA ranks with `isolation`: trials in processes of
// their own give what they give in the program, and what happens to a process
// costs one trial.
#include <chrono>
#include <csignal>
#include <iterator>
#include <map>
#include <set>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

#include "runners/store/sqlite_store.h"
#include "tests/integration/program.h"
#include "tests/integration/running_processes.h"
#include "tests/integration/small_model.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::Program;
using rankadaptor::testing::ProgramResult;
using rankadaptor::testing::RunningProcess;
using rankadaptor::testing::RunningProcesses;
using rankadaptor::testing::RunProgram;
using rankadaptor::testing::TemporaryFolder;
using rankadaptor::testing::WriteSmallModel;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class IsolationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    WriteSmallModel(folder_->path(), 3);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static std::vector<std::string> Search(
      const std::string& study, const std::vector<std::string>& assignments) {
    std::vector<std::string> arguments = {
        "search", "search.yaml", "--study", study + ".study.db"};
    for (const std::string& assignment : assignments) {
      arguments.insert(arguments.end(), {"--set", assignment});
    }
    return arguments;
  }

  static ProgramResult Run(const std::vector<std::string>& arguments) {
    return RunProgram(folder_->path(), arguments);
  }

  static fs::path Place(const std::string& name) { return *folder_ / name; }

  // What is stored, without what no two runs have in common.
  static std::vector<Trial> Trials(const std::string& study) {
    auto store = SqliteStore::OpenToRead(Place(study + ".study.db"));
    if (!store) return {};
    std::vector<Trial> trials = (*store)->LoadTrials().value();
    for (Trial& trial : trials) trial.duration_seconds = 0;
    return trials;
  }

  // Labels and objectives of the final table.
  static std::string Table(const std::string& study) {
    const auto json = nlohmann::json::parse(
        ReadFile(Place(study + ".study.report.json")).value());
    std::string table;
    for (const auto& row : json["rows"]) {
      table += row["label"].dump() + " " + row["objective"].dump() + "\n";
    }
    return table;
  }

  // What was kept of trials: contents by path.
  static std::map<std::string, std::string> Adapters(const std::string& study) {
    const fs::path folder = Place(study + ".study.artifacts");
    std::map<std::string, std::string> contents;
    if (!fs::exists(folder)) return contents;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      contents[fs::relative(entry.path(), folder).string()] =
          ReadFile(entry.path()).value();
    }
    return contents;
  }

  // The sentence, without the place in the config that stands before it.
  static std::string Refusal(const ProgramResult& result) {
    const auto begin = result.err.find("evaluator.llama: ");
    return begin == std::string::npos ? "" : result.err.substr(begin);
  }

  static TemporaryFolder* folder_;
};

TemporaryFolder* IsolationTest::folder_ = nullptr;

TEST_F(IsolationTest, GivesWhatTheProgramItselfGives) {
  // No finalist is the baseline, whose adapters are not kept.
  const std::string baseline =
      "evaluator.llama.ranks={candidates: [2, 4, 12], baselines: [{name: "
      "least, ranks: [8, 2, 2]}]}";
  const ProgramResult one = Run(Search("one", {baseline}));
  ASSERT_EQ(one.exit_code, 0) << one.err;
  const ProgramResult result =
      Run(Search("two", {baseline, "isolation={}", "workers=2"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("evaluator worker 0: pruned "));
  EXPECT_EQ(Trials("two"), Trials("one"));
  EXPECT_EQ(Table("two"), Table("one"));
  const std::map<std::string, std::string> adapters = Adapters("two");
  EXPECT_THAT(adapters, Not(IsEmpty()));
  EXPECT_EQ(adapters, Adapters("one"));
  const ProgramResult exported =
      Run({"export", "two.study.db", "--format", "peft", "--out", "exported"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
}

TEST_F(IsolationTest, AKilledStudyGoesOnInTheProgramItself) {
  ASSERT_EQ(Run(Search("whole", {})).exit_code, 0);
  Program program(folder_->path(), Search("cut", {"isolation={}"}));
  program.WaitForErrorLines(4);  // starts, prunes, two trials
  program.Signal(SIGKILL);
  program.Finish();
  std::vector<std::string> resume = Search("cut", {});
  resume.emplace_back("--resume");
  const ProgramResult resumed = Run(resume);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(Trials("cut"), Trials("whole"));
}

// The processes that `program` started for its trials.
std::vector<pid_t> ProcessesOf(const fs::path& folder) {
  std::vector<pid_t> processes;
  for (const RunningProcess& process : RunningProcesses()) {
    if (process.folder == folder &&
        process.command.find("evaluate-trials") != std::string::npos) {
      processes.push_back(process.id);
    }
  }
  return processes;
}

// The first one that is not in `known`.
pid_t WaitForProcess(const fs::path& folder, std::set<pid_t>& known) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::minutes(4);
  while (std::chrono::steady_clock::now() < deadline) {
    for (const pid_t process : ProcessesOf(folder)) {
      if (known.insert(process).second) return process;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ADD_FAILURE() << "no process was started";
  return -1;
}

constexpr char kEndless[] = "evaluator.llama.recovery.steps=1000000";

// A trial is stored before the next one's process is started.
TEST_F(IsolationTest, ACrashCostsOneTrial) {
  Program program(folder_->path(),
                  Search("crash", {"isolation={retries: 0}", kEndless}));
  std::set<pid_t> known;
  pid_t process = WaitForProcess(folder_->path(), known);
  while (!fs::exists(Place("crash.study.db"))) {  // it is ready
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const int signals[] = {SIGSEGV, SIGABRT, SIGKILL};
  for (size_t i = 0; i < std::size(signals) && process > 0;) {
    ::kill(process, signals[i]);
    process = WaitForProcess(folder_->path(), known);
    i = Trials("crash").size();
  }
  program.Signal(SIGINT);
  EXPECT_THAT(program.Finish().err, HasSubstr("go on with: "));
  const std::vector<Trial> trials = Trials("crash");
  ASSERT_THAT(trials, SizeIs(3));
  EXPECT_THAT(trials, Each(Field(&Trial::state, TrialState::kFailed)));
  EXPECT_THAT(trials[0].reason, HasSubstr("was killed by signal 11"));
  EXPECT_THAT(trials[1].reason, HasSubstr("was killed by signal 6"));
  EXPECT_THAT(trials[2].reason, HasSubstr("was killed by signal 9"));
  EXPECT_THAT(ProcessesOf(folder_->path()), IsEmpty());
}

// However often it is taken for one that hangs because the machine is busy.
TEST_F(IsolationTest, AHangEndsAndTheTrialIsTriedAgain) {
  Program program(
      folder_->path(),
      Search("hang",
             {"isolation={heartbeat_timeout_seconds: 2, retries: 100}"}));
  std::set<pid_t> known;
  ASSERT_GT(WaitForProcess(folder_->path(), known), 0);
  while (!fs::exists(Place("hang.study.db"))) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(*known.begin(), SIGSTOP);
  const ProgramResult result = program.Finish();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(
      Trials("hang"),
      AllOf(Not(IsEmpty()), Each(Field(&Trial::state, TrialState::kComplete))));
}

TEST_F(IsolationTest, ATrialThatDoesNotEndFails) {
  const ProgramResult result = Run(
      Search("slow", {"isolation={trial_timeout_seconds: 1e-9}", kEndless}));
  EXPECT_NE(result.exit_code, 2) << result.err;
  const std::vector<Trial> trials = Trials("slow");
  ASSERT_THAT(trials, Not(IsEmpty()));
  for (const Trial& trial : trials) {
    EXPECT_EQ(trial.state, TrialState::kFailed);
    EXPECT_THAT(trial.reason, HasSubstr("did not finish within 1e-09 seconds"));
  }
}

TEST_F(IsolationTest, WhatTheEvaluatorRefusesIsRefusedInTheSameWords) {
  const std::string wrong =
      "evaluator.llama.scoring.heldout_texts=[{name: text, text_file: "
      "text.txt, window_tokens: 32, max_windows: 1}]";
  const ProgramResult here = Run(Search("no", {wrong}));
  const ProgramResult there = Run(Search("no", {wrong, "isolation={}"}));
  EXPECT_EQ(here.exit_code, 2);
  EXPECT_EQ(there.exit_code, 2);
  EXPECT_THAT(Refusal(here), Not(IsEmpty()));
  EXPECT_EQ(Refusal(there), Refusal(here));
}

}  // namespace
}  // namespace rankadaptor::runners
