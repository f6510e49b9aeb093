// Slurm as a sweep sees it; the commands are scripts of the test.
#include <stdlib.h>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "runners/sweep/slurm_jobs.h"
#include "runners/sweep/slurm_sweep.h"
#include "runners/sweep/tool.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::TemporaryFolder;
using ::testing::HasSubstr;

TEST(SlurmScript, AsksForWhatTheConfigSaysAndRunsTheStudyOfItsLine) {
  v1::SlurmOptions options;
  options.set_partition("gpu");
  options.set_gpus(1);
  options.set_time("12:00:00");
  options.set_cpus(4);
  options.set_memory("32G");
  options.set_max_running(8);
  options.add_environment("TEXT=\"it's $here\"");
  options.add_environment("N=2");
  options.add_options("--account=lab");
  options.set_scratch("/local");
  EXPECT_EQ(SlurmScriptText({.name = "sweep-a-1",
                             .num_tasks = 12,
                             .program = "/bin/rankadaptor",
                             .config = "/x y/a.yaml",
                             .studies = "/x y/1.studies",
                             .logs = "/x y"},
                            options),
            "#!/bin/bash\n"
            "#SBATCH --job-name=sweep-a-1\n"
            "#SBATCH --array=0-11%8\n"
            "#SBATCH --requeue\n"
            "#SBATCH --open-mode=append\n"
            "#SBATCH --output=\"/x y/%A_%a.log\"\n"
            "#SBATCH --partition=gpu\n"
            "#SBATCH --gpus=1\n"
            "#SBATCH --time=12:00:00\n"
            "#SBATCH --cpus-per-task=4\n"
            "#SBATCH --mem=32G\n"
            "#SBATCH --account=lab\n"
            "export TEXT='it'\\''s $here'\n"
            "export N='2'\n"
            "study=$(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" "
            "'/x y/1.studies')\n"
            "scratch='/local'\n"
            "exec '/bin/rankadaptor' sweep '/x y/a.yaml' --only \"$study\" "
            "--scratch \"$scratch\"\n");
}

TEST(SlurmScript, LeavesOutWhatTheConfigLeavesOut) {
  EXPECT_EQ(SlurmScriptText({.name = "n",
                             .num_tasks = 1,
                             .program = "p",
                             .config = "c",
                             .studies = "s",
                             .logs = "l"},
                            {}),
            "#!/bin/bash\n"
            "#SBATCH --job-name=n\n"
            "#SBATCH --array=0-0\n"
            "#SBATCH --requeue\n"
            "#SBATCH --open-mode=append\n"
            "#SBATCH --output=\"l/%A_%a.log\"\n"
            "study=$(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" 's')\n"
            "scratch=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}\n"
            "exec 'p' sweep 'c' --only \"$study\" --scratch \"$scratch\"\n");
}

// A folder in front of PATH.
class SlurmToolsTest : public ::testing::Test {
 protected:
  SlurmToolsTest() : path_(::getenv("PATH")) {
    ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
    Tool("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1");
    Tool("scontrol", "exit 1");
  }
  ~SlurmToolsTest() override { ::setenv("PATH", path_.c_str(), 1); }

  void Tool(const char* name, const std::string& script) {
    ASSERT_TRUE(WriteFileAtomically(folder_ / name, "#!/bin/sh\n" + script));
    fs::permissions(folder_ / name, fs::perms::owner_all);
  }

  std::string Text(const std::string& study) {
    auto tasks = AskSlurm(
        {{.job = "7", .studies = {"a", "b"}}, {.job = "9", .studies = {"b"}}});
    EXPECT_TRUE(tasks) << tasks.error().message;
    if (!tasks) return "";
    const SlurmTask& task = tasks->at(study);
    return task.Text() + (task.active ? "" : ", gone");
  }

  TemporaryFolder folder_;
  const std::string path_;
};

TEST_F(SlurmToolsTest, ATaskInTheQueueHasItsStateAndReason) {
  Tool("squeue", "printf '7_0|RUNNING|None\\n9_0|PENDING|Resources\\n'");
  EXPECT_EQ(Text("a"), "job 7_0: RUNNING");
  EXPECT_EQ(Text("b"), "job 9_0: PENDING (Resources)");
}

TEST_F(SlurmToolsTest, OfOthersTheControllerIsAsked) {
  Tool("squeue", "exit 0");
  Tool("scontrol",
       "[ $4 = 7 ] && echo 'JobId=8 ArrayJobId=7 ArrayTaskId=0 JobName=x "
       "JobState=TIMEOUT Reason=TimeLimit'");
  EXPECT_EQ(Text("a"), "job 7_0: TIMEOUT, gone");
  EXPECT_EQ(Text("b"), "job 9_0: ENDED, gone");
}

TEST_F(SlurmToolsTest, AccountingIsAskedFirst) {
  Tool("squeue", "exit 0");
  Tool("sacct", "printf '7_0|OUT_OF_MEMORY\\n9_0|NODE_FAIL\\n'");
  EXPECT_EQ(Text("a"), "job 7_0: OUT_OF_MEMORY, gone");
  EXPECT_EQ(Text("b"), "job 9_0: NODE_FAIL, gone");
}

TEST_F(SlurmToolsTest, AQueueThatDoesNotAnswerIsAnError) {
  Tool("squeue", "echo 'squeue: error: cannot reach it' >&2; exit 1");
  auto tasks = AskSlurm({{.job = "7", .studies = {"a"}}});
  ASSERT_FALSE(tasks);
  EXPECT_EQ(tasks.error().message,
            "squeue has no answer: squeue: error: cannot reach it");
}

TEST_F(SlurmToolsTest, NobodyIsAskedWithoutAJob) {
  Tool("squeue", "exit 1");
  EXPECT_TRUE(AskSlurm({})->empty());
}

TEST(Tool, GetsItsWordsAsTheyAre) {
  auto output = RunTool({"printf", "%s|", "it's", "$HOME", "a b", ""});
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "it's|$HOME|a b||");
}

TEST(Tool, ThatIsNotThereIsNamed) {
  auto output = RunTool({"no-such-scheduler"});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(output.error().message, HasSubstr("no-such-scheduler: is not"));
}

}  // namespace
}  // namespace rankadaptor::runners
