// What evaluators reported while their trials ran, and how much memory the
// program had: one JSON object a line in a file beside the study, for the HTML
// report. No result depends on it; a file that cannot be written is a warning.
//
//   {"trial": 3, "course": [[0.01, -2.31], ...], "resident_bytes": 812646400}
//   {"phase": "setup", "resident_bytes": 1073741824}
//
// A point is the share of the trial that was done and the value reported; two
// points are at least a hundredth of the trial apart. `resident_bytes` is the
// most that the process had while the trial ran, with the trials beside it; the
// line of `setup` comes once per run: the most before its first trial.
#ifndef RANKADAPTOR_RUNNERS_STUDY_TRIAL_COURSES_H_
#define RANKADAPTOR_RUNNERS_STUDY_TRIAL_COURSES_H_

#include <cstdint>
#include <filesystem>
#include <map>

#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/study_observer.h"

#include "runners/report/study_page.h"

namespace rankadaptor::runners {

// Appends to the file. One call at a time, as StudyObserver promises.
class CourseRecorder final : public StudyObserver {
 public:
  // `log` is borrowed.
  CourseRecorder(std::filesystem::path file, LogSink& log);

  void OnTrialStarted(const Trial& trial, const StudyProgress&) override;
  void OnTrialReport(const Trial& trial,
                     double fraction_done,
                     double value) override;
  void OnTrialFinished(const Trial& trial, const StudyProgress&) override;

 private:
  void Write(const std::string& line);

  const std::filesystem::path file_;
  LogSink& log_;
  bool started_ = false;
  bool failed_ = false;
  std::map<int64_t, TrialCourse> running_;
};

// What a file of courses holds; of lines that say the same the last counts.
struct StoredCourses {
  std::map<int64_t, TrialCourse> trials;
  int64_t setup_resident_bytes = 0;  // 0: unknown
};

// Empty without the file. Lines that are not as above are passed over: the last
// one is torn where a run was killed.
StoredCourses ReadCourses(const std::filesystem::path& file);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_STUDY_TRIAL_COURSES_H_
