#include "runners/study/trial_courses.h"

#include <gtest/gtest.h>

#include "rankadaptor/common/file.h"

#include "tests/support/temporary_folder.h"

namespace rankadaptor::runners {
namespace {

Trial Numbered(int64_t id) {
  Trial trial;
  trial.id = id;
  return trial;
}

// Two runs of a study, a trial each; both report more often than is kept.
void Record(const std::filesystem::path& file, int64_t id, double value) {
  CourseRecorder recorder(file, NullLogSink());
  recorder.OnTrialStarted(Numbered(id), {});
  for (int i = 0; i <= 1000; ++i) {
    recorder.OnTrialReport(Numbered(id), i / 1000.0, value + i);
  }
  recorder.OnTrialFinished(Numbered(id), {});
}

TEST(TrialCourses, KeepPointsThatAreAHundredthApart) {
  rankadaptor::testing::TemporaryFolder folder;
  Record(folder / "courses.jsonl", 3, -5);
  const StoredCourses courses = ReadCourses(folder / "courses.jsonl");
  ASSERT_EQ(courses.trials.size(), 1);
  const TrialCourse& course = courses.trials.at(3);
  ASSERT_GE(course.points.size(), 90);
  EXPECT_LE(course.points.size(), 101);
  EXPECT_EQ(course.points[0].fraction_done, 0);
  EXPECT_EQ(course.points[0].value, -5);
  EXPECT_GE(course.points[1].fraction_done, 0.01);
}

TEST(TrialCourses, KnowHowMuchMemoryTheProcessHad) {
  rankadaptor::testing::TemporaryFolder folder;
  Record(folder / "courses.jsonl", 0, 1);
  const StoredCourses courses = ReadCourses(folder / "courses.jsonl");
  EXPECT_GT(courses.setup_resident_bytes, 1'000'000);
  EXPECT_GT(courses.trials.at(0).resident_bytes, 1'000'000);
}

TEST(TrialCourses, SurviveARunThatWasKilledInTheMiddleOfALine) {
  rankadaptor::testing::TemporaryFolder folder;
  const std::filesystem::path file = folder / "courses.jsonl";
  Record(file, 0, 1);
  const std::string whole = ReadFile(file).value();
  ASSERT_TRUE(WriteFileAtomically(file, whole + R"({"trial": 1, "cou)"));
  Record(file, 2, 1);
  const StoredCourses courses = ReadCourses(file);
  EXPECT_TRUE(courses.trials.contains(0));
  EXPECT_FALSE(courses.trials.contains(1));
  EXPECT_TRUE(courses.trials.contains(2));
}

TEST(TrialCourses, AreNoneWithoutAFile) {
  EXPECT_TRUE(ReadCourses("no/such/file").trials.empty());
}

TEST(TrialCourses, AFileThatCannotBeWrittenStopsNothing) {
  Record("no/such/folder/courses.jsonl", 0, 1);
}

}  // namespace
}  // namespace rankadaptor::runners
