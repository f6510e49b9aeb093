// The series of the HTML report's charts as JSON.
#ifndef RANKADAPTOR_RUNNERS_REPORT_CHART_DATA_H_
#define RANKADAPTOR_RUNNERS_REPORT_CHART_DATA_H_

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "runners/report/study_page.h"

namespace rankadaptor::runners {

// A trial whose course is drawn.
struct ShownCourse {
  std::string label;
  const PageTrial* trial;
};

// The best, the middle and the worst of the search, a baseline and a finalist,
// of those that have a course.
std::vector<ShownCourse> ShownCourses(const StudyPage& page);

// {"objective", "best": [{x, y}], "observed": {purpose: [{x, y}]},
//  "predicted": [{x, y}], "error": [{x, y}], "points": [{x, y}],
//  "front": [{x, y}], "course_name", "courses": [{label, points: [{x, y}]}],
//  "influence": [{name, value}],
//  "tasks": {"rows": [label], "metrics": {name: [value]}}}; parts without data
// are left out. x of `best`, `observed` and `error` is a trial's id, of
// `points` and `front` its cost, of `predicted` what the strategy expected.
nlohmann::ordered_json ChartData(const StudyPage& page);

// The trials that nothing cheaper beats, cheapest first.
std::vector<const PageTrial*> ParetoFront(const StudyPage& page);

// Spearman's correlation of each parameter's value with the score (positive:
// higher values scored better); 0 where it is not defined.
std::vector<double> Influence(const StudyPage& page);

// JSON for inside a <script> element, where no text can end it.
std::string ScriptJson(const nlohmann::ordered_json& json);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_CHART_DATA_H_
