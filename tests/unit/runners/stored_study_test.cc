#include "runners/study/stored_study.h"

#include <limits>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"

#include "runners/store/sqlite_store.h"
#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A study of which only the file is left.
class StoredStudyTest : public ::testing::Test {
 protected:
  StudyPage PageOf(const Trial& trial) {
    const std::filesystem::path file = folder_ / "a.study.db";
    auto store = SqliteStore::Create(file, {}).value();
    EXPECT_TRUE(store->AppendTrial(trial));
    auto page = ReadStudyPage(file.string());
    EXPECT_TRUE(page) << page.error().message;
    return *page;
  }

  rankadaptor::testing::TemporaryFolder folder_;
};

// The last report of a trial is its objective.
TEST_F(StoredStudyTest, ShowsTheCourseOfATrialFromTheStore) {
  Trial trial;
  trial.id = 0;
  trial.state = TrialState::kComplete;
  trial.reports = {{0.25, -3},
                   {0.5, -std::numeric_limits<double>::infinity()},
                   {0.75, -2},
                   {1, 0.5}};
  const StudyPage page = PageOf(trial);
  ASSERT_EQ(page.trials.size(), 1);
  EXPECT_THAT(page.trials[0].course,
              ElementsAre(TrialReport{0.25, -3}, TrialReport{0.75, -2}));
}

TEST_F(StoredStudyTest, ShowsTheMemoryThatTheFinalReportKnows) {
  ASSERT_TRUE(WriteFileAtomically(
      folder_ / "a.study.report.json",
      R"({"summary": {}, "rows": [], "memory_bytes": {"setup": 5000000}})"));
  Trial trial;
  trial.id = 0;
  const StudyPage page = PageOf(trial);
  EXPECT_EQ(page.memory, (PhaseMemory{{"setup", 5'000'000}}));
}

TEST_F(StoredStudyTest, ReadsAFinalReportWithoutMemory) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "a.study.report.json",
                                  R"({"summary": {}, "rows": []})"));
  Trial trial;
  trial.id = 0;
  const StudyPage page = PageOf(trial);
  EXPECT_THAT(page.memory, IsEmpty());
  for (const std::string& note : page.notes) {
    EXPECT_EQ(note.find("is not a report"), std::string::npos) << note;
  }
}

}  // namespace
}  // namespace rankadaptor::runners
