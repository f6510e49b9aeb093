// Stored studies as one HTML file that needs no network: what was searched,
// what came out and how sure that is, how the search went, what is needed to do
// it again. Charts are drawn by Chart.js, which is inside the file; every
// figure that matters is also text.
//
// Thread-safety: functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_REPORT_HTML_REPORT_H_
#define RANKADAPTOR_RUNNERS_REPORT_HTML_REPORT_H_

#include <string>
#include <string_view>
#include <vector>

#include "runners/report/study_page.h"

namespace rankadaptor::runners {

// At least one page. Several are also compared with each other. Text that came
// from outside is escaped.
std::string HtmlReport(const std::vector<StudyPage>& pages);

// One line per trial of every study, with a header: study, trial, purpose,
// label, state, reason, seed, objective (as shown), best so far, predicted,
// cost, seconds, then a column per metric and per parameter of any study
// (RFC 4180; empty where a trial has no such value). A text cell that a
// spreadsheet would take for a formula begins with an apostrophe.
std::string TrialsCsv(const std::vector<StudyPage>& pages);

// One line per point of every trial's course: study, trial, fraction_done,
// value, name (of what the value is).
std::string CoursesCsv(const std::vector<StudyPage>& pages);

// `text` as a cell of these files.
std::string CsvText(std::string text);

// `text` as HTML content or attribute value.
std::string EscapeHtml(std::string_view text);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_HTML_REPORT_H_
