// What the HTML report shows of a stored study, without its evaluator.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_RUNNERS_REPORT_STUDY_PAGE_H_
#define RANKADAPTOR_RUNNERS_REPORT_STUDY_PAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/search/trial.h"

#include "runners/report/objective.h"
#include "runners/report/phase_memory.h"
#include "runners/report/study_report.h"

namespace rankadaptor::runners {

struct PageTrial {
  Trial trial;
  std::vector<double> values;   // [num_parameters], e.g. ranks
  std::optional<int64_t> cost;  // in StudyPage::cost_unit
  // What the evaluator reported meanwhile, values as shown; without the end,
  // which is the objective.
  std::vector<TrialReport> course = {};
};

struct StudyPage {
  std::string name;       // as the user named the file
  std::string evaluator;  // name and version
  uint64_t seed = 0;
  std::string created;  // "2026-11-24 23:43 UTC"
  std::string stopped;  // why the search ended, a sentence; empty: it has not
  std::string config;   // JSON text
  Objective objective;
  std::string cost_unit;                // may be empty
  std::vector<std::string> parameters;  // names
  std::vector<PageTrial> trials;        // all, in the order of their ids
  std::string course_name;              // of what courses hold: "training loss"
  PhaseMemory memory;                   // of the run that ended the study
  // References such as the dense model, then ConfirmedRows().
  std::vector<ReportRow> rows;
  // What is not shown, and why; each a sentence.
  std::vector<std::string> notes;
};

// An initial or search trial that completed: what the search is made of.
bool IsSearched(const PageTrial& trial);

// Those of the page, in order.
std::vector<const PageTrial*> SearchTrials(const StudyPage& page);

// The objective as shown.
double ShownScore(const StudyPage& page, const PageTrial& trial);

// Whether `a` is better than `b`, both as shown.
bool IsBetter(const Objective& objective, double a, double b);

// Spearman's rank correlation, ties with their mean rank; empty where a list is
// constant or has less than three values. Both have the same size.
std::optional<double> RankCorrelation(const std::vector<double>& x,
                                      const std::vector<double>& y);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_STUDY_PAGE_H_
