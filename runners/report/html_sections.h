// The parts of the HTML report between its head and its scripts.
#ifndef RANKADAPTOR_RUNNERS_REPORT_HTML_SECTIONS_H_
#define RANKADAPTOR_RUNNERS_REPORT_HTML_SECTIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "runners/report/study_page.h"

namespace rankadaptor::runners {

// All of one study; `index` is its place in the report.
std::string StudySections(const StudyPage& page, size_t index);

// Several studies side by side.
std::string ComparisonSection(const std::vector<StudyPage>& pages);

// The value of each parameter in each trial, as a table with shades; part of
// StudySections.
std::string HeatMap(const StudyPage& page);

// What evaluators reported while trials ran, as curves; empty where nothing is
// stored; part of StudySections.
std::string CoursePanel(const StudyPage& page, size_t index);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_HTML_SECTIONS_H_
