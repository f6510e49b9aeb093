#include "runners/report/confirmed_rows.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace rankadaptor::runners {
namespace {

// A configuration's complete confirmation trials, in order.
struct Candidate {
  Trial first;  // complete or not: label, purpose, configuration
  std::vector<const Trial*> complete;
};

std::vector<Candidate> CandidatesOf(const std::vector<Trial>& trials,
                                    TrialPurpose purpose) {
  std::vector<Candidate> candidates;
  for (const Trial& trial : trials) {
    if (trial.purpose != purpose) continue;
    auto found = std::ranges::find_if(candidates, [&](const Candidate& other) {
      return other.first.configuration == trial.configuration;
    });
    if (found == candidates.end()) {
      found = candidates.insert(candidates.end(), {trial, {}});
    }
    if (trial.state == TrialState::kComplete) {
      found->complete.push_back(&trial);
    }
  }
  return candidates;
}

// Mean over the trials; all trials of a study have the same metrics.
std::vector<Metric> MeanMetrics(const std::vector<const Trial*>& trials) {
  if (trials.empty()) return {};
  std::vector<Metric> means = trials.front()->measurement.metrics;
  for (size_t i = 0; i < means.size(); ++i) {
    double sum = 0;
    for (const Trial* trial : trials) {
      sum += trial->measurement.metrics.at(i).value;
    }
    means[i].value = sum / static_cast<double>(trials.size());
  }
  return means;
}

SampleStatistics Difference(const Candidate& candidate,
                            const Candidate& baseline,
                            const Objective& objective) {
  std::map<uint64_t, double> by_seed;
  for (const Trial* trial : baseline.complete) {
    by_seed[trial->seed] = trial->measurement.objective;
  }
  std::vector<double> differences;
  for (const Trial* trial : candidate.complete) {
    auto found = by_seed.find(trial->seed);
    if (found == by_seed.end()) continue;
    differences.push_back(
        objective.Shown(trial->measurement.objective - found->second));
  }
  return Summarise(differences);
}

ReportRow RowOf(const Candidate& candidate,
                const Candidate* baseline,
                const Objective& objective) {
  ReportRow row;
  row.label = candidate.first.label.empty()
                  ? "trial " + std::to_string(candidate.first.id)
                  : candidate.first.label;
  std::vector<double> values;
  double seconds = 0;
  for (const Trial* trial : candidate.complete) {
    values.push_back(objective.Shown(trial->measurement.objective));
    seconds += trial->duration_seconds;
  }
  row.objective = Summarise(values);
  if (!values.empty()) {
    row.seconds = seconds / static_cast<double>(values.size());
  }
  row.metrics = MeanMetrics(candidate.complete);
  row.configuration = candidate.first.configuration;
  if (baseline != nullptr && baseline != &candidate) {
    row.difference = Difference(candidate, *baseline, objective);
  }
  return row;
}

void MarkBest(std::vector<ReportRow>& rows,
              size_t first_finalist,
              const Objective& objective) {
  ReportRow* best = nullptr;
  for (size_t i = first_finalist; i < rows.size(); ++i) {
    if (!rows[i].objective.mean) continue;
    // Shown() turns a loss's sign once more: back to what is maximised.
    if (best == nullptr || objective.Shown(*rows[i].objective.mean) >
                               objective.Shown(*best->objective.mean)) {
      best = &rows[i];
    }
  }
  if (best != nullptr) best->is_best = true;
}

}  // namespace

std::vector<ReportRow> ConfirmedRows(const std::vector<Trial>& trials,
                                     const Objective& objective) {
  const auto baselines = CandidatesOf(trials, TrialPurpose::kBaseline);
  const auto finalists = CandidatesOf(trials, TrialPurpose::kFinalist);
  const Candidate* baseline = baselines.empty() ? nullptr : &baselines[0];
  std::vector<ReportRow> rows;
  for (const auto* candidates : {&baselines, &finalists}) {
    for (const Candidate& candidate : *candidates) {
      rows.push_back(RowOf(candidate, baseline, objective));
    }
  }
  MarkBest(rows, baselines.size(), objective);
  return rows;
}

}  // namespace rankadaptor::runners
