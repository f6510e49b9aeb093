// `search.sources`: a study that learns from past ones.
#include <cstdio>
#include <filesystem>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "runners/store/sqlite_store.h"
#include "tests/integration/program.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::ProgramResult;
using rankadaptor::testing::RunProgram;
using rankadaptor::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kConfig[] = R"(schema_revision: 1
evaluator:
  synthetic: {family: xfer, num_layers: 8, noise: 0.5}
search:
  max_trials: 10
  convergence: {rounds: 0}
confirmation: {seeds: 1}
)";
constexpr char kPast[] = "search.sources=[{study: past.study.db}]";

class PastStudiesTest : public ::testing::Test {
 protected:
  PastStudiesTest() {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "a.yaml", kConfig));
    MakePast();
  }

  void MakePast() {
    EXPECT_EQ(Run("past", {"seed=5", "search.num_initial_trials=9"}).exit_code,
              0);
  }

  ProgramResult Run(const std::string& study,
                    const std::vector<std::string>& fields,
                    const std::string& option = "") {
    std::vector<std::string> arguments{
        "search", "a.yaml", "--study", study + ".study.db"};
    if (!option.empty()) arguments.push_back(option);
    for (const std::string& field : fields) {
      arguments.push_back("--set");
      arguments.push_back(field);
    }
    return RunProgram(folder_.path(), arguments);
  }

  // By the search, confirmation left out.
  std::vector<Configuration> Tried(const std::string& study) {
    auto store = SqliteStore::OpenToRead(folder_ / (study + ".study.db"));
    std::vector<Configuration> tried;
    const std::vector<Trial> trials = store.value()->LoadTrials().value();
    for (const Trial& trial : trials) {
      if (trial.split != ItemSplit::kSearch) continue;
      tried.push_back(trial.configuration);
    }
    return tried;
  }

  void ExpectRefused(const std::string& sources, const std::string& sentence) {
    const ProgramResult result = Run("b", {"search.sources=" + sources});
    EXPECT_EQ(result.exit_code, 2) << sources;
    EXPECT_THAT(result.err, HasSubstr(sentence));
    EXPECT_FALSE(fs::exists(folder_ / "b.study.db"));
  }

  TemporaryFolder folder_;
};

TEST_F(PastStudiesTest, ChangeWhatIsTriedAndAreInTheDryRun) {
  ASSERT_EQ(Run("without", {}).exit_code, 0);
  ASSERT_EQ(Run("with", {kPast}).exit_code, 0);
  EXPECT_NE(Tried("with"), Tried("without"));
  EXPECT_THAT(Run("new", {kPast}, "--dry-run").out,
              AllOf(HasSubstr("past studies: 1 with 10 trials\n"),
                    HasSubstr(": 1 initial, 9 search ")));
}

TEST_F(PastStudiesTest, MeasurementsInTheConfigAreAPastStudyToo) {
  ASSERT_EQ(Run("named", {kPast}).exit_code, 0);
  auto store = SqliteStore::OpenToRead(folder_ / "past.study.db").value();
  std::string configurations, scores;
  const std::vector<Trial> trials = store->LoadTrials().value();
  for (const Trial& trial : trials) {
    if (trial.split != ItemSplit::kSearch) continue;
    std::string values;
    for (const int32_t choice : trial.configuration.choices) {
      values += std::to_string(2 + 2 * choice) + ", ";
    }
    configurations += "{values: [" + values + "]}, ";
    char score[32];
    std::snprintf(score, sizeof score, "%.17g, ", trial.measurement.objective);
    scores += score;
  }
  ASSERT_EQ(Run("stated",
                {"search.sources=[{configurations: [" + configurations +
                 "], scores: [" + scores + "]}]"})
                .exit_code,
            0);
  EXPECT_EQ(Tried("stated"), Tried("named"));
}

TEST_F(PastStudiesTest, GoOnWithWhatTheyWereWhenTheStudyWasMade) {
  // The noise depends on the number of a trial.
  const std::string exact = "evaluator.synthetic.noise=0";
  ASSERT_EQ(Run("whole", {exact, kPast}).exit_code, 0);
  ASSERT_EQ(Run("short", {exact, kPast, "search.max_trials=5"}).exit_code, 0);
  fs::remove(folder_ / "past.study.db");
  const ProgramResult resumed = Run("short", {exact, kPast}, "--resume");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(Tried("short"), Tried("whole"));
}

TEST_F(PastStudiesTest, CannotBeOthersWhenTheStudyGoesOn) {
  ASSERT_EQ(Run("b", {kPast}).exit_code, 0);
  fs::copy(folder_ / "past.study.db", folder_ / "other.study.db");
  const ProgramResult others =
      Run("b", {"search.sources=[{study: other.study.db}]"}, "--resume");
  EXPECT_EQ(others.exit_code, 2);
  EXPECT_THAT(others.err, HasSubstr("was made with search.sources[0]."));
  EXPECT_EQ(Run("b", {}, "--resume").exit_code, 2);
}

TEST_F(PastStudiesTest, OfOtherSpacesAreRead) {
  ASSERT_EQ(Run("larger", {"evaluator.synthetic.num_layers=10"}).exit_code, 0);
  const std::string larger = "search.sources=[{study: larger.study.db}]";
  ASSERT_EQ(Run("without", {}).exit_code, 0);
  ASSERT_EQ(Run("b", {larger}).exit_code, 0);
  EXPECT_NE(Tried("b"), Tried("without"));
}

TEST_F(PastStudiesTest, OfServedProgramsAreRead) {
  std::string parameters;
  for (int i = 0; i < 8; ++i) {
    parameters +=
        (i == 0 ? "" : ", ") + (R"({"name": "layer )" + std::to_string(i) +
                                R"(", "values": [2, 12]})");
  }
  auto store = SqliteStore::Create(
      folder_ / "served.study.db",
      {.config = R"({"op": "create", "direction": "minimize", )"
                 R"("space": {"parameters": [)" +
                 parameters + "]}}"});
  Trial trial{.id = 0, .configuration = {std::vector<int32_t>(8, 1)}};
  trial.state = TrialState::kComplete;
  ASSERT_TRUE(store.value()->AppendTrial(trial));
  store->reset();
  EXPECT_THAT(
      Run("b", {"search.sources=[{study: served.study.db}]"}, "--dry-run").out,
      HasSubstr("past studies: 1 with 1 trials\n"));
}

TEST_F(PastStudiesTest, ThatAreWrongAreRefusedInOneSentence) {
  EXPECT_TRUE(
      SqliteStore::Create(folder_ / "empty.study.db", {.config = "{}"}));
  const std::string rows = "{configurations: [{values: [2,2,2,2,2,2,2,2]}], ";
  ExpectRefused("[{study: no.db}]", "search.sources[0].study: no.db: no such");
  ExpectRefused("[{study: a.yaml}]", "a.yaml: file is not a database");
  ExpectRefused("[{}]", "needs a study, or configurations with scores");
  ExpectRefused("[{study: past.study.db, scores: [1]}]",
                "search.sources[0] has a study and measurements; allowed: one "
                "of the two");
  ExpectRefused("[" + rows + "scores: [1, 2]}]",
                "search.sources[0].scores has 2 numbers; allowed: 1");
  ExpectRefused("[" + rows + "scores: [.nan]}]",
                "search.sources[0].scores[0] = .nan; allowed: numbers");
  ExpectRefused("[{configurations: [{values: [3]}], scores: [1]}]",
                "search.sources[0].configurations[0].values: 1 values");
  ExpectRefused(
      "[{parameters: [{name: q, choices: [2, 4]}], configurations: "
      "[{values: [3]}], scores: [1]}]",
      "'q' = 3 is not one of {2,4}");
  ExpectRefused(
      "[{parameters: [{name: q, choices: [2, 4]}], configurations: "
      "[{values: [2]}], scores: [1]}]",
      "have no descriptor in common and other names");
  ExpectRefused("[{study: empty.study.db}]", "config.space is missing");
}

TEST_F(PastStudiesTest, PasswordsOfDatabasesAreNotShown) {
  const ProgramResult result =
      Run("b",
          {"search.sources=[{study: 'postgresql://u:secret@127.0.0.1:1/d"
           "?study=x'}]"});
  EXPECT_EQ(result.exit_code, 2);
  const size_t sentence = result.err.find("].study: ");
  ASSERT_NE(sentence, std::string::npos) << result.err;
  EXPECT_THAT(result.err.substr(sentence),
              AllOf(HasSubstr("u@127.0.0.1"), Not(HasSubstr("secret"))));
}

}  // namespace
}  // namespace rankadaptor::runners
