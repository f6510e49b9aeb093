#include <algorithm>

#include "runners/report/study_report.h"

namespace rankadaptor::runners {
namespace {

SampleStatistics Shown(SampleStatistics statistics,
                       const Objective& objective) {
  statistics.mean = objective.Shown(statistics.mean);
  return statistics;
}

ReportRow MakeRow(const Reference& reference, const Objective& objective) {
  ReportRow row;
  row.label = reference.label;
  row.objective.num_samples = 1;
  row.objective.mean = objective.Shown(reference.measurement.objective);
  row.metrics = reference.measurement.metrics;
  return row;
}

// Mean duration of the trials that confirmed the candidate.
std::optional<double> MeanSeconds(const ConfirmedCandidate& candidate,
                                  const std::vector<Trial>& trials) {
  double seconds = 0;
  int count = 0;
  for (const Trial& trial : trials) {
    if (trial.purpose != candidate.purpose ||
        trial.configuration != candidate.configuration ||
        trial.state != TrialState::kComplete) {
      continue;
    }
    seconds += trial.duration_seconds;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return seconds / count;
}

ReportRow MakeRow(const ConfirmedCandidate& candidate,
                  const std::vector<Trial>& trials,
                  const Objective& objective) {
  ReportRow row;
  row.label = candidate.label;
  row.objective = Shown(candidate.objective, objective);
  if (candidate.difference.has_value()) {
    row.difference = Shown(*candidate.difference, objective);
  }
  row.metrics = candidate.metrics;
  row.configuration = candidate.configuration;
  row.seconds = MeanSeconds(candidate, trials);
  return row;
}

}  // namespace

std::vector<ReportRow> MakeReportRows(
    const std::vector<Reference>& references,
    const StudySummary& summary,
    const std::vector<Trial>& trials,
    const std::vector<std::optional<int64_t>>& costs,
    const Objective& objective) {
  std::vector<ReportRow> rows;
  for (const Reference& reference : references) {
    rows.push_back(MakeRow(reference, objective));
  }
  // The summary has finalists first; a table reads from the known to the new.
  for (TrialPurpose purpose :
       {TrialPurpose::kBaseline, TrialPurpose::kFinalist}) {
    for (size_t i = 0; i < summary.candidates.size(); ++i) {
      const ConfirmedCandidate& candidate = summary.candidates[i];
      if (candidate.purpose != purpose) continue;
      ReportRow row = MakeRow(candidate, trials, objective);
      row.is_best = summary.best == static_cast<int>(i);
      if (!costs.empty()) row.num_parameters = costs[i];
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace rankadaptor::runners
