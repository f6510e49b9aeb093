#include <algorithm>

#include <nlohmann/json.hpp>

#include "runners/report/chart_data.h"
#include "runners/report/html_elements.h"
#include "runners/report/html_report.h"
#include "runners/report/html_sections.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

bool HasCourse(const PageTrial& trial) {
  return trial.course.size() > 1 && trial.trial.state == TrialState::kComplete;
}

// A first trial of the confirmation, e.g. of a baseline.
const PageTrial* First(const StudyPage& page, TrialPurpose purpose) {
  const auto found = std::ranges::find_if(page.trials, [&](const auto& trial) {
    return trial.trial.purpose == purpose && HasCourse(trial);
  });
  return found == page.trials.end() ? nullptr : &*found;
}

std::string NumberText(const PageTrial& trial) {
  return "trial " + std::to_string(trial.trial.id);
}

}  // namespace

std::vector<ShownCourse> ShownCourses(const StudyPage& page) {
  std::vector<const PageTrial*> searched = SearchTrials(page);
  std::erase_if(searched, [](const auto* trial) { return !HasCourse(*trial); });
  std::ranges::stable_sort(searched, [&](const auto* a, const auto* b) {
    return IsBetter(page.objective, ShownScore(page, *a), ShownScore(page, *b));
  });
  std::vector<ShownCourse> shown;
  const auto add = [&](const std::string& label, const PageTrial* trial) {
    if (trial == nullptr) return;
    shown.push_back({label + " (" + NumberText(*trial) + ")", trial});
  };
  if (!searched.empty()) add("best of the search", searched.front());
  if (searched.size() > 2) add("middle", searched[searched.size() / 2]);
  if (searched.size() > 1) add("worst", searched.back());
  add("a baseline", First(page, TrialPurpose::kBaseline));
  add("a finalist", First(page, TrialPurpose::kFinalist));
  return shown;
}

std::string CoursePanel(const StudyPage& page, size_t index) {
  const std::vector<ShownCourse> courses = ShownCourses(page);
  if (courses.empty()) return "";
  std::vector<std::vector<std::string>> rows = {{"trial", "first", "last"}};
  for (const ShownCourse& course : courses) {
    const std::vector<TrialReport>& points = course.trial->course;
    rows.push_back({course.label,
                    FormatScore(points.front().value),
                    FormatScore(points.back().value)});
  }
  const std::string text = "The " + page.course_name +
                           " of some trials by the share of the trial that "
                           "was done; the CSV file of curves has all.";
  return HtmlPanel("s" + std::to_string(index) + "-courses",
                   "Course of trials",
                   HtmlParagraph(text) + HtmlChart(index, "courses", text) +
                       HtmlTable(rows));
}

std::string CoursesCsv(const std::vector<StudyPage>& pages) {
  std::string text = "study,trial,fraction_done,value,name\r\n";
  for (const StudyPage& page : pages) {
    for (const PageTrial& trial : page.trials) {
      for (const TrialReport& point : trial.course) {
        text += CsvText(page.name) + "," + std::to_string(trial.trial.id) +
                "," + nlohmann::json(point.fraction_done).dump() + "," +
                nlohmann::json(point.value).dump() + "," +
                CsvText(page.course_name) + "\r\n";
      }
    }
  }
  return text;
}

}  // namespace rankadaptor::runners
