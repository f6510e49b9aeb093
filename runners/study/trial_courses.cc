#include "runners/study/trial_courses.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>
#include <sys/resource.h>

namespace rankadaptor::runners {
namespace {

using Json = nlohmann::ordered_json;

// Points of a course are at least so far apart.
constexpr double kStep = 0.01;

// Of this process, now; 0 where the system does not tell.
int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * ::sysconf(_SC_PAGESIZE);
}

// The most until now.
int64_t PeakResidentBytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

std::string LineOf(int64_t trial, const TrialCourse& course) {
  Json points = Json::array();
  for (const CoursePoint& point : course.points) {
    points.push_back({point.fraction_done, point.value});
  }
  return Json{{"trial", trial},
              {"course", points},
              {"resident_bytes", course.resident_bytes}}
      .dump();
}

void AddLine(const Json& line, StoredCourses& courses) {
  if (line.contains("phase")) {
    courses.setup_resident_bytes = std::max(
        courses.setup_resident_bytes, line.at("resident_bytes").get<int64_t>());
    return;
  }
  TrialCourse course;
  course.resident_bytes = line.at("resident_bytes");
  for (const Json& point : line.at("course")) {
    course.points.push_back({point.at(0), point.at(1)});
  }
  courses.trials[line.at("trial")] = std::move(course);
}

}  // namespace

CourseRecorder::CourseRecorder(std::filesystem::path file, LogSink& log)
    : file_(std::move(file)), log_(log) {}

void CourseRecorder::OnTrialStarted(const Trial& trial,
                                    const StudyProgress& /*progress*/) {
  if (!started_) {
    Write(Json{{"phase", "setup"}, {"resident_bytes", PeakResidentBytes()}}
              .dump());
  }
  started_ = true;
  running_[trial.id] = {.points = {}, .resident_bytes = ResidentBytes()};
}

void CourseRecorder::OnTrialReport(const Trial& trial,
                                   double fraction_done,
                                   double value) {
  TrialCourse& course = running_[trial.id];
  const bool is_near =
      !course.points.empty() &&
      fraction_done < course.points.back().fraction_done + kStep;
  if (is_near || !std::isfinite(value)) return;
  course.points.push_back({fraction_done, value});
  course.resident_bytes = std::max(course.resident_bytes, ResidentBytes());
}

void CourseRecorder::OnTrialFinished(const Trial& trial,
                                     const StudyProgress& /*progress*/) {
  const auto found = running_.find(trial.id);
  if (found == running_.end()) return;
  TrialCourse& course = found->second;
  course.resident_bytes = std::max(course.resident_bytes, ResidentBytes());
  Write(LineOf(trial.id, course));
  running_.erase(found);
}

void CourseRecorder::Write(const std::string& line) {
  if (failed_) return;
  std::ofstream out(file_, std::ios::app);
  // A line that a killed run left torn ends here.
  out << (started_ ? "" : "\n") << line << '\n';
  out.close();
  if (out) return;
  failed_ = true;
  log_.Write(LogLevel::kWarning,
             file_.string() +
                 " cannot be written: the report will lack loss curves and "
                 "memory");
}

StoredCourses ReadCourses(const std::filesystem::path& file) {
  StoredCourses courses;
  std::ifstream in(file);
  for (std::string text; std::getline(in, text);) {
    const Json line = Json::parse(text, nullptr, false);
    try {
      if (line.is_object()) AddLine(line, courses);
    } catch (const Json::exception&) {
      continue;  // not ours, or torn
    }
  }
  return courses;
}

}  // namespace rankadaptor::runners
