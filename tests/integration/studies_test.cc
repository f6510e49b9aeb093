// `rankadaptor studies` and what `worker` refuses, without a database.
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

#include "tests/integration/program.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using rankadaptor::testing::ProgramResult;
using rankadaptor::testing::RunProgram;
using rankadaptor::testing::TemporaryFolder;
using ::testing::HasSubstr;

constexpr char kConfig[] = R"(schema_revision: 1
seed: 4
evaluator:
  synthetic: {num_layers: 6, family: add}
search: {num_initial_trials: 4, max_trials: 6, strategy: random}
confirmation: {seeds: 2}
)";

class StudiesTest : public ::testing::Test {
 protected:
  StudiesTest() {
    EXPECT_TRUE(WriteFileAtomically(folder_ / "a.yaml", kConfig));
    EXPECT_EQ(Run({"search", "a.yaml"}).exit_code, 0);
  }

  ProgramResult Run(const std::vector<std::string>& arguments) {
    return RunProgram(folder_.path(), arguments);
  }
  nlohmann::json Exported(const std::string& study) {
    EXPECT_EQ(Run({"studies", "export", study, "--out", "x.json"}).exit_code,
              0);
    return nlohmann::json::parse(ReadFile(folder_ / "x.json").value());
  }

  TemporaryFolder folder_;
};

TEST_F(StudiesTest, AreListedAndShown) {
  EXPECT_THAT(Run({"studies", "list"}).out, HasSubstr("synthetic"));
  const ProgramResult shown = Run({"studies", "show", "a.study.db"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("seed: 4\n"));
  EXPECT_THAT(shown.out, HasSubstr("best observed: trial "));
}

TEST_F(StudiesTest, ACopyHasTheSameTrialsAndGoesOn) {
  ASSERT_EQ(Run({"studies", "copy", "a.study.db", "b.study.db"}).exit_code, 0);
  EXPECT_EQ(Exported("b.study.db")["trials"], Exported("a.study.db")["trials"]);
  EXPECT_EQ(
      Run({"search", "a.yaml", "--study", "b.study.db", "--resume"}).exit_code,
      0);
  const ProgramResult again =
      Run({"studies", "copy", "a.study.db", "b.study.db"});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("b.study.db: exists already"));
}

TEST_F(StudiesTest, AreExportedInTwoFormsAndNoOther) {
  const nlohmann::json study = Exported("a.study.db");
  EXPECT_EQ(study["seed"], 4);
  EXPECT_GE(study["trials"].size(), 6u);
  EXPECT_EQ(study["trials"][0]["purpose"], "initial");
  ASSERT_EQ(
      Run({"studies", "export", "a.study.db", "--out", "x.csv"}).exit_code, 0);
  EXPECT_THAT(ReadFile(folder_ / "x.csv").value(), HasSubstr("study,trial,"));
  const ProgramResult odd =
      Run({"studies", "export", "a.study.db", "--out", "x.txt"});
  EXPECT_EQ(odd.exit_code, 2);
  EXPECT_THAT(odd.err, HasSubstr("ends in neither .csv nor .json"));
}

TEST_F(StudiesTest, AreDeletedOnlyWhenToldTwice) {
  const ProgramResult once = Run({"studies", "delete", "a.study.db"});
  EXPECT_EQ(once.exit_code, 2);
  EXPECT_THAT(once.err, HasSubstr("twice: --confirm 'a'"));
  EXPECT_EQ(Run({"studies", "show", "a.study.db"}).exit_code, 0);
  EXPECT_EQ(
      Run({"studies", "delete", "a.study.db", "--confirm", "a"}).exit_code, 0);
  EXPECT_EQ(Run({"studies", "show", "a.study.db"}).exit_code, 2);
}

TEST_F(StudiesTest, ADatabaseThatCannotBeReachedIsNamed) {
  const std::string url = "postgresql:///db?host=/nonexistent&study=a";
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"worker", "--study", url},
        {"search", "a.yaml", "--study", url},
        {"studies", "show", url}}) {
    const ProgramResult result = Run(command);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("&study=a: cannot be reached: "));
  }
}

TEST_F(StudiesTest, AWorkerNeedsADatabase) {
  const ProgramResult result = Run({"worker", "--study", "a.study.db"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("a study file is for one process"));
}

}  // namespace
}  // namespace rankadaptor::runners
