#include <gmock/gmock.h>

#include "runners/study/study_files.h"
#include "runners/study/trial_choice.h"

namespace rankadaptor::runners {
namespace {

using ::testing::HasSubstr;

TEST(StudyFiles, AreNamedAfterTheStudy) {
  EXPECT_EQ(DefaultStudyFile("configs/a.yaml"), "configs/a.study.db");
  const StudyFiles files = StudyFilesOf("configs/a.study.db");
  EXPECT_EQ(files.name, "a");
  EXPECT_EQ(files.report_markdown, "configs/a.study.report.md");
  EXPECT_EQ(files.report_json, "configs/a.study.report.json");
  EXPECT_EQ(files.artifacts, "configs/a.study.artifacts");
}

TEST(StudyFiles, KeepTheirDistanceWhateverTheStudyIsCalled) {
  const StudyFiles files = StudyFilesOf("x.1");
  EXPECT_EQ(files.name, "x.1");
  EXPECT_EQ(files.report_markdown, "x.1.report.md");
}

Trial MakeTrial(int64_t id,
                TrialPurpose purpose,
                int32_t choice,
                double objective) {
  Trial trial;
  trial.id = id;
  trial.purpose = purpose;
  trial.configuration = {{choice}};
  trial.state = TrialState::kComplete;
  trial.measurement.objective = objective;
  return trial;
}

// Configuration 1 has the highest value, 2 the highest mean.
std::vector<Trial> Confirmed() {
  return {MakeTrial(0, TrialPurpose::kInitial, 3, 100),
          MakeTrial(1, TrialPurpose::kBaseline, 4, 100),
          MakeTrial(2, TrialPurpose::kFinalist, 1, 9),
          MakeTrial(3, TrialPurpose::kFinalist, 2, 7),
          MakeTrial(4, TrialPurpose::kFinalist, 1, 1),
          MakeTrial(5, TrialPurpose::kFinalist, 2, 8)};
}

TEST(TrialChoice, BestIsTheFirstTrialOfTheFinalistWithTheHighestMean) {
  EXPECT_EQ(ChooseTrial(Confirmed(), "best").value().id, 3);
}

TEST(TrialChoice, BeforeConfirmationBestIsTheBestOfTheSearch) {
  std::vector<Trial> trials = {MakeTrial(0, TrialPurpose::kInitial, 0, 1),
                               MakeTrial(1, TrialPurpose::kSearch, 1, 3),
                               MakeTrial(2, TrialPurpose::kSearch, 2, 99)};
  trials[2].state = TrialState::kFailed;
  EXPECT_EQ(ChooseTrial(trials, "best").value().id, 1);
}

TEST(TrialChoice, TrialsAreFoundByNumber) {
  EXPECT_EQ(ChooseTrial(Confirmed(), "4").value().id, 4);
}

TEST(TrialChoice, WhatIsNotThereIsNamed) {
  EXPECT_THAT(ChooseTrial({}, "best").error().message,
              HasSubstr("no complete trial"));
  EXPECT_THAT(ChooseTrial(Confirmed(), "6").error().message,
              HasSubstr("no trial 6; the study has 6 trials"));
  EXPECT_THAT(ChooseTrial(Confirmed(), "1x").error().message,
              HasSubstr("neither best nor a number"));
  std::vector<Trial> failed = {MakeTrial(0, TrialPurpose::kInitial, 0, 1)};
  failed[0].state = TrialState::kFailed;
  failed[0].reason = "it broke";
  EXPECT_THAT(ChooseTrial(failed, "0").error().message,
              HasSubstr("trial 0 is failed: it broke"));
}

}  // namespace
}  // namespace rankadaptor::runners
