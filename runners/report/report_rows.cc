#include <algorithm>
#include <map>

#include "runners/report/study_report.h"

namespace rankadaptor::runners {
namespace {

SampleStatistics Shown(SampleStatistics statistics,
                       const Objective& objective) {
  statistics.mean = objective.Shown(statistics.mean);
  return statistics;
}

// All measurements have the same metrics.
std::vector<Metric> MeanMetrics(const std::vector<Measurement>& measurements) {
  std::vector<Metric> means = measurements.front().metrics;
  for (size_t i = 0; i < means.size(); ++i) {
    double sum = 0;
    for (const Measurement& each : measurements) sum += each.metrics[i].value;
    means[i].value = sum / static_cast<double>(measurements.size());
  }
  return means;
}

// The objective of the summary's first baseline, by seed.
std::map<uint64_t, double> BaselineBySeed(const StudySummary& summary,
                                          const std::vector<Trial>& trials) {
  std::map<uint64_t, double> by_seed;
  auto baseline = std::ranges::find(summary.candidates,
                                    TrialPurpose::kBaseline,
                                    &ConfirmedCandidate::purpose);
  if (baseline == summary.candidates.end()) return by_seed;
  for (const Trial& trial : trials) {
    if (trial.split == ItemSplit::kConfirm &&
        trial.configuration == baseline->configuration &&
        trial.state == TrialState::kComplete) {
      by_seed.emplace(trial.seed, trial.measurement.objective);
    }
  }
  return by_seed;
}

ReportRow MakeRow(const Reference& reference,
                  const std::map<uint64_t, double>& baseline,
                  const Objective& objective) {
  ReportRow row;
  row.label = reference.label;
  row.num_parameters = reference.num_parameters;
  row.metrics = MeanMetrics(reference.measurements);
  std::vector<double> values;
  std::vector<double> differences;
  for (size_t i = 0; i < reference.measurements.size(); ++i) {
    values.push_back(reference.measurements[i].objective);
    if (reference.seeds.empty()) continue;
    auto paired = baseline.find(reference.seeds[i]);
    if (paired == baseline.end()) continue;
    differences.push_back(values.back() - paired->second);
  }
  row.objective = Shown(Summarise(values), objective);
  if (!differences.empty()) {
    row.difference = Shown(Summarise(differences), objective);
  }
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
  const std::map<uint64_t, double> baseline = BaselineBySeed(summary, trials);
  for (const Reference& reference : references) {
    rows.push_back(MakeRow(reference, baseline, objective));
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
