// What a person wants to know of a finished study, gathered once and written in
// three forms: text for the terminal, Markdown for a file, JSON for programs.
//
// Thread-safety: plain values and functions of their arguments.
#ifndef RANKADAPTOR_RUNNERS_REPORT_STUDY_REPORT_H_
#define RANKADAPTOR_RUNNERS_REPORT_STUDY_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/study_summary.h"
#include "rankadaptor/search/trial.h"

#include "runners/report/objective.h"
#include "runners/report/phase_memory.h"

namespace rankadaptor::runners {

// A line of the final table. Scores are as shown (a loss is not negated).
struct ReportRow {
  std::string label;  // "dense", "uniform 8", "recommended 1", ...
  SampleStatistics objective;
  // Minus the first baseline, paired by seed.
  std::optional<SampleStatistics> difference;
  std::vector<Metric> metrics;
  std::optional<Configuration> configuration;  // none for references
  std::optional<int64_t> num_parameters;       // trainable ones
  std::optional<double> seconds;               // mean of a trial
  bool is_best = false;                        // the finalist to use
};

// A point of comparison that is not of the space, e.g. the dense model.
struct Reference {
  std::string label;
  // One, or one per seed of the confirmation trials where it is trained.
  std::vector<Measurement> measurements;
  std::vector<uint64_t> seeds;            // of the measurements, or empty
  std::optional<int64_t> num_parameters;  // trainable ones
};

struct StudyReport {
  std::string title;
  std::string evaluator;  // name and version
  uint64_t seed = 0;
  Objective objective;
  StudySummary summary;
  double wall_seconds = 0;  // of this run
  PhaseMemory memory;       // of this run
  std::vector<ReportRow> rows;
  std::vector<Reference> references;  // also in rows
  // Configurations that were looked at before the first trial, and how long
  // that took.
  int64_t num_previewed = 0;
  double preview_seconds = 0;
  // Unit of ReportRow::num_parameters, e.g. "trainable parameters".
  std::string cost_unit;
  // Where things lie, e.g. {"study", "a.study.db"}.
  std::vector<std::pair<std::string, std::string>> places;
};

// The rows: references, baselines, finalists. `trials` are all of the study's;
// `costs` are empty or one per candidate of the summary.
std::vector<ReportRow> MakeReportRows(
    const std::vector<Reference>& references,
    const StudySummary& summary,
    const std::vector<Trial>& trials,
    const std::vector<std::optional<int64_t>>& costs,
    const Objective& objective);

// `space` is the study's.
std::string ReportAsText(const StudyReport& report, const SearchSpace& space);
std::string ReportAsMarkdown(const StudyReport& report,
                             const SearchSpace& space);
std::string ReportAsJson(const StudyReport& report, const SearchSpace& space);

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_STUDY_REPORT_H_
