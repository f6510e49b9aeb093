// A shared library as the evaluator of a search.
#include <cstdio>
#include <cstdlib>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "runners/store/sqlite_store.h"
#include "tests/integration/program.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::ProgramResult;
using rankadaptor::testing::TemporaryFolder;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kConfig[] = R"(schema_revision: 1
seed: 3
evaluator:
  plugin:
    library: plugins/sphere.so
    config: ""
    space:
      parameters:
      - {name: width, choices: [1, 2, 3], count: 3}
      - {name: norm, labels: [rms, batch]}
      limits:
      - {max: 7}
search: {strategy: random, max_trials: 6, num_initial_trials: 2}
confirmation: {seeds: 2}
)";

class PluginSearchTest : public ::testing::Test {
 protected:
  PluginSearchTest() {
    fs::create_directory(folder_ / "plugins");
    Link("sphere_plugin", "plugins/sphere.so");
    EXPECT_TRUE(WriteFileAtomically(folder_ / "a.yaml", kConfig));
    ::unsetenv("RANKADAPTOR_PLUGIN_PATH");
  }

  void Link(const std::string& plugin, const std::string& name) {
    fs::create_symlink(fs::path(PLUGIN_FOLDER) / (plugin + ".so"),
                       folder_ / name);
  }

  ProgramResult Run(const std::vector<std::string>& arguments) {
    return rankadaptor::testing::RunProgram(folder_.path(), arguments);
  }

  ProgramResult SearchWith(const std::string& assignment) {
    return Run({"search", "a.yaml", "--set", assignment});
  }

  TemporaryFolder folder_;
};

TEST_F(PluginSearchTest, SearchesWhatThePluginMeasures) {
  const ProgramResult result = Run({"search", "a.yaml"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(ReadFile(folder_ / "a.study.report.md").value(),
              HasSubstr("test.sphere 1.2"));
  auto store = SqliteStore::OpenToRead(folder_ / "a.study.db").value();
  EXPECT_EQ(store->header().evaluator, "test.sphere 1.2");
  const std::vector<Trial> trials = store->LoadTrials().value();
  EXPECT_THAT(trials, SizeIs(::testing::Ge(8)));
  EXPECT_THAT(trials, Each(Field(&Trial::state, TrialState::kComplete)));
  for (const Trial& trial : trials) {
    const std::vector<int32_t>& choices = trial.configuration.choices;
    double objective = 0;
    double sum = 0;
    for (size_t i = 0; i < choices.size(); ++i) {
      const double value = choices[i] + (i < 3 ? 1 : 0);
      objective -= value * value;
      sum += value;
    }
    EXPECT_EQ(trial.measurement.objective, objective);
    EXPECT_LE(sum, 7);
  }
}

TEST_F(PluginSearchTest, InAProcessOfItsOwnItMeasuresTheSame) {
  ASSERT_EQ(Run({"search", "a.yaml", "--study", "one.study.db"}).exit_code, 0);
  const ProgramResult result = Run({"search",
                                    "a.yaml",
                                    "--study",
                                    "two.study.db",
                                    "--set",
                                    "evaluator.plugin.in_process=false",
                                    "--set",
                                    "workers=2"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  auto one = SqliteStore::OpenToRead(folder_ / "one.study.db").value();
  auto two = SqliteStore::OpenToRead(folder_ / "two.study.db").value();
  EXPECT_EQ(one->header().evaluator, two->header().evaluator);
  const std::vector<Trial> in_process = one->LoadTrials().value();
  const std::vector<Trial> isolated = two->LoadTrials().value();
  ASSERT_EQ(in_process.size(), isolated.size());
  for (size_t i = 0; i < isolated.size(); ++i) {
    EXPECT_EQ(in_process[i].configuration, isolated[i].configuration);
    EXPECT_EQ(in_process[i].measurement, isolated[i].measurement);
  }
}

// It prints to standard output and aborts on some configurations.
TEST_F(PluginSearchTest, APluginThatAsksForAProcessCrashesAlone) {
  Link("crashing_plugin", "plugins/crashing.so");
  const ProgramResult result =
      Run({"search",
           "a.yaml",
           "--set",
           "evaluator.plugin.library=plugins/crashing.so",
           "--set",
           "search.enqueued=[{values: [1, 1, 1, 0]}, {values: [2, 1, 1, 0]}]"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr("loading")));
  EXPECT_THAT(result.err, HasSubstr("worker 0: trial 1"));
  auto store = SqliteStore::OpenToRead(folder_ / "a.study.db").value();
  const std::vector<Trial> trials = store->LoadTrials().value();
  EXPECT_EQ(trials[0].state, TrialState::kComplete);
  EXPECT_EQ(trials[1].state, TrialState::kFailed);
  EXPECT_EQ(trials[1].reason,
            "was killed by signal 6 (Aborted); it last printed \"trial 1\" "
            "(tried 2 times)");
}

// What a shell command prints.
std::string OutputOf(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  for (int c; (c = std::fgetc(pipe)) != EOF;) {
    output.push_back(static_cast<char>(c));
  }
  EXPECT_EQ(::pclose(pipe), 0);
  return output;
}

// Message 1, a hello of version 2.0.
TEST_F(PluginSearchTest, AnEngineOfAnotherProtocolIsRefused) {
  const fs::path host = fs::path(RANKADAPTOR_PROGRAM).parent_path() /
                        "rankadaptor-evaluator-host";
  EXPECT_THAT(
      OutputOf(R"(printf '\006\0\0\0\010\001\022\002\010\002' | )" +
               host.string() + " " + (folder_ / "plugins/sphere.so").string()),
      HasSubstr("the engine: speaks version 2.0 of the protocol, this "
                "program speaks 1."));
}

TEST_F(PluginSearchTest, AStudyIsResumed) {
  ASSERT_EQ(Run({"search", "a.yaml"}).exit_code, 0);
  const ProgramResult result =
      Run({"search", "a.yaml", "--resume", "--set", "search.max_trials=8"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

// A study file may come from anybody.
TEST_F(PluginSearchTest, AReportNeedsNoPlugin) {
  ASSERT_EQ(Run({"search", "a.yaml"}).exit_code, 0);
  fs::remove(folder_ / "plugins/sphere.so");
  const ProgramResult result =
      Run({"report", "a.study.db", "--out", "report.html"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string page = ReadFile(folder_ / "report.html").value();
  EXPECT_THAT(page, HasSubstr("width 2"));
  EXPECT_THAT(page, Not(HasSubstr("Values are shown as the places")));
}

TEST_F(PluginSearchTest, ADryRunSaysWhatWouldMeasure) {
  const ProgramResult result = Run({"search", "a.yaml", "--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("evaluator: test.sphere 1.2 in "));
  EXPECT_THAT(result.out, HasSubstr("4 of 4 parameters are searched"));
}

TEST_F(PluginSearchTest, ANameIsLookedForInTheFolders) {
  ::setenv("RANKADAPTOR_PLUGIN_PATH", (folder_ / "plugins").c_str(), 1);
  EXPECT_EQ(SearchWith("evaluator.plugin.library=test.sphere").exit_code, 0);
}

TEST_F(PluginSearchTest, ANameThatTwoHaveIsRefused) {
  Link("sphere_plugin", "plugins/twin.so");
  ::setenv("RANKADAPTOR_PLUGIN_PATH", (folder_ / "plugins").c_str(), 1);
  const ProgramResult result =
      SearchWith("evaluator.plugin.library=test.sphere");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("that of 2 plug-ins"));
}

TEST_F(PluginSearchTest, WrongConfigsAreRefusedByField) {
  struct Case {
    const char* assignment;
    const char* problem;
  };
  for (const auto& [assignment, problem] :
       {Case{"evaluator.plugin.library=none.so", "evaluator.plugin.library: "},
        Case{"evaluator.plugin.library=no.such",
             "there is no plug-in 'no.such' in "},
        Case{"evaluator.plugin.config=refuse",
             "evaluator.plugin: test.sphere: config 'refuse' is not known"},
        Case{"evaluator.plugin.config={a: 1, b: [x, true]}",
             R"(config '{"a":1,"b":["x",true]}' is not known)"},
        Case{"evaluator.plugin.space.parameters=[{name: a}]",
             "parameters[0] needs either choices or labels"},
        Case{"evaluator.plugin.space.limits=[{max: 1}]",
             "evaluator.plugin.space: "},
        Case{"evaluator.plugin.space.limits=[{max: 1, weights: [1]}]",
             "limits[0].weights has 1 numbers; allowed: 4"}}) {
    const ProgramResult result = SearchWith(assignment);
    EXPECT_EQ(result.exit_code, 2) << assignment;
    EXPECT_THAT(result.err, HasSubstr(problem));
  }
}

TEST_F(PluginSearchTest, PluginsListsWhatIsThereAndWhatIsRefused) {
  Link("broken_other_major", "plugins/broken.so");
  Link("crashing_plugin", "plugins/crashing.so");
  ::setenv("RANKADAPTOR_PLUGIN_PATH", (folder_ / "plugins").c_str(), 1);
  const ProgramResult result = Run({"plugins"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("test.sphere 1.2\n"));
  EXPECT_THAT(result.out, HasSubstr("plugins/sphere.so\n"));
  EXPECT_THAT(result.out, HasSubstr("one call at a time, deterministic\n"));
  EXPECT_THAT(result.out, HasSubstr("wants a process of its own\n"));
  EXPECT_THAT(result.out, HasSubstr("refused: "));
  EXPECT_THAT(result.out, HasSubstr("broken.so: is for version 99.1"));
  EXPECT_THAT(result.out, HasSubstr("lib/rankadaptor/evaluators\n"));
}

TEST_F(PluginSearchTest, APluginThatIsNamedAndIsNoneIsAnError) {
  Link("broken_other_major", "broken.so");
  EXPECT_EQ(Run({"plugins", "plugins/sphere.so"}).exit_code, 0);
  const ProgramResult result = Run({"plugins", "broken.so"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("broken.so: is for version 99.1"));
  EXPECT_THAT(result.err, EndsWith("build it anew\n"));
}

}  // namespace
}  // namespace rankadaptor::runners
