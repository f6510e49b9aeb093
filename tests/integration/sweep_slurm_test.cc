// `rankadaptor sweep --slurm` with commands of Slurm that are scripts: what is
// submitted, what is run, what comes back. tests/services has the real one.
#include <cstdlib>
#include <signal.h>
#include <stdlib.h>

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
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSweep[] = R"(schema_revision: 1
base:
  evaluator:
    synthetic: {num_layers: 6, family: add}
  search:
    num_initial_trials: 4
    max_trials: 40
    convergence: {rounds: 0}
    strategy: random
  confirmation: {seeds: 2}
seeds: [1, 2]
slurm:
  partition: gpu
  environment: {GREETING: "it's me"}
)";
constexpr char kFirst[] = "seed=1.study.db";

class SweepSlurmTest : public ::testing::Test {
 protected:
  SweepSlurmTest() : path_(::getenv("PATH")) {
    Write("a.yaml", kSweep);
    fs::create_directory(folder_ / "bin");
    // Keeps the script, says a number.
    Tool("sbatch", "cp \"$2\" " + Quoted("job.sh") + "; echo 41");
    Tool("squeue", "cat " + Quoted("queue"));
    Tool("scontrol", "exit 1");
    Tool("sacct", "exit 1");
    Write("queue", "");
    ::setenv("PATH", ((folder_ / "bin").string() + ":" + path_).c_str(), 1);
    ::setenv("TMPDIR", (folder_ / "disk").c_str(), 1);
    fs::create_directory(folder_ / "disk");
  }
  ~SweepSlurmTest() override {
    ::setenv("PATH", path_.c_str(), 1);
    ::unsetenv("TMPDIR");
  }

  void Write(const char* file, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(folder_ / file, text));
  }
  std::string Quoted(const char* file) const {
    return "'" + (folder_ / file).string() + "'";
  }
  void Tool(const char* name, const std::string& script) {
    const fs::path file = folder_ / "bin" / name;
    ASSERT_TRUE(WriteFileAtomically(file, "#!/bin/sh\n" + script + "\n"));
    fs::permissions(file, fs::perms::owner_all);
  }

  ProgramResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"sweep", "a.yaml"});
    return RunProgram(folder_.path(), arguments);
  }

  // What Slurm does on a node.
  int RunTask(int task) {
    return std::system(("SLURM_ARRAY_TASK_ID=" + std::to_string(task) +
                        " bash " + Quoted("job.sh") + " 2>/dev/null")
                           .c_str());
  }

  std::vector<Trial> Trials(const fs::path& study) const {
    auto store = SqliteStore::OpenToRead(study);
    if (!store) return {};
    std::vector<Trial> trials = (*store)->LoadTrials().value();
    for (Trial& trial : trials) trial.duration_seconds = 0;
    return trials;
  }

  TemporaryFolder folder_;
  const std::string path_;
};

TEST_F(SweepSlurmTest, TasksRunTheStudiesAndTheSweepTabulatesThem) {
  const ProgramResult submitted = Run({"--slurm"});
  ASSERT_EQ(submitted.exit_code, 0) << submitted.err;
  EXPECT_EQ(submitted.out,
            "submitted 2 studies as Slurm job 41; --status says where they "
            "stand\n");
  EXPECT_THAT(ReadFile(folder_ / "job.sh").value(),
              HasSubstr("export GREETING='it'\\''s me'\n"));
  for (int task : {0, 1}) EXPECT_EQ(RunTask(task), 0);
  EXPECT_THAT(Run({"--status"}).out, HasSubstr("2 of 2 studies are done"));
  const ProgramResult merged = Run({});
  EXPECT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_THAT(merged.err, IsEmpty());  // ran nothing
  EXPECT_THAT(merged.out, HasSubstr("searched"));
  // The node's disk is left as it was.
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "disk")) {
    EXPECT_TRUE(entry.is_directory()) << entry.path();
  }
}

TEST_F(SweepSlurmTest, StatusSaysWhatSlurmDoesWithAStudy) {
  ASSERT_EQ(Run({"--slurm"}).exit_code, 0);
  Write("queue", "41_0|RUNNING|None\n41_1|PENDING|Resources\n");
  const std::string status = Run({"--status"}).out;
  EXPECT_THAT(status, ContainsRegex("seed=1 +waiting .* job 41_0: RUNNING\n"));
  EXPECT_THAT(status,
              ContainsRegex("seed=2 .* job 41_1: PENDING \\(Resources\\)\n"));
}

TEST_F(SweepSlurmTest, StatusWithoutSlurmStillSaysWhatIsDone) {
  ASSERT_EQ(Run({"--slurm"}).exit_code, 0);
  Tool("squeue", "echo 'squeue: error: nobody is there' >&2; exit 1");
  const ProgramResult status = Run({"--status"});
  EXPECT_EQ(status.exit_code, 0);
  EXPECT_THAT(status.out, HasSubstr("nobody is there\n0 of 2 studies"));
}

TEST_F(SweepSlurmTest, StudiesInTheQueueAreRunOnce) {
  ASSERT_EQ(Run({"--slurm"}).exit_code, 0);
  Write("queue", "41_1|PENDING|Resources\n");
  const ProgramResult here = Run({});
  EXPECT_EQ(here.exit_code, 2);
  EXPECT_THAT(here.err,
              HasSubstr("study seed=2 is in Slurm's queue, job 41_1"));
  EXPECT_THAT(Run({"--slurm"}).out, HasSubstr("submitted 1 studies"));
  EXPECT_EQ(ReadFile(folder_ / "a.sweep/slurm/2.studies").value(), "seed=1\n");
}

TEST_F(SweepSlurmTest, RequeuedOnAnotherNodeATaskGoesOnFromTheKeptCopy) {
  ASSERT_EQ(Run({"--scratch", "disk"}).exit_code, 0);
  const std::vector<Trial> whole = Trials(folder_ / "a.sweep" / kFirst);
  fs::remove_all(folder_ / "a.sweep");
  Program program(
      folder_.path(),
      {"sweep", "a.yaml", "--only", "seed=1", "--scratch", "node 1"});
  program.WaitForErrorLines(10);
  program.Signal(SIGKILL);
  program.Finish();
  const std::vector<Trial> kept = Trials(folder_ / "a.sweep" / kFirst);
  EXPECT_GE(kept.size(), 9);
  const ProgramResult again = Run({"--only", "seed=1", "--scratch", "node 2"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("goes on after "));
  EXPECT_EQ(Trials(folder_ / "a.sweep" / kFirst), whole);
  // Once more: done is done.
  EXPECT_THAT(Run({"--only", "seed=1", "--scratch", "node 2"}).err, IsEmpty());
}

TEST_F(SweepSlurmTest, WhatSbatchRefusesIsSaidAndNothingIsLeft) {
  Tool("sbatch", "echo 'sbatch: error: invalid partition' >&2; exit 1");
  const ProgramResult result = Run({"--slurm"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("1.sh: sbatch: error: invalid partition"));
  EXPECT_TRUE(fs::is_empty(folder_ / "a.sweep/slurm"));
}

}  // namespace
}  // namespace rankadaptor::runners
