#include "runners/sweep/result_rows.h"

#include <set>
#include <string>
#include <utility>

namespace rankadaptor::runners {
namespace {

// The names of metrics that are losses: evaluators give them negated.
std::set<std::string> LossesOf(const v1::SearchConfig& config) {
  std::set<std::string> losses;
  for (const auto& text :
       config.evaluator().llama().scoring().heldout_texts()) {
    losses.insert(text.name());
  }
  return losses;
}

void AddSample(const std::string& name,
               double value,
               bool minimised,
               ResultRow& row) {
  const double shown = minimised ? -value : value;
  for (ResultMetric& metric : row.metrics) {
    if (metric.name != name) continue;
    metric.samples.push_back(shown);
    return;
  }
  row.metrics.push_back({name, minimised, {shown}});
}

class RowMaker {
 public:
  RowMaker(Objective objective, std::set<std::string> losses)
      : objective_(std::move(objective)), losses_(std::move(losses)) {}

  // What was trained competes, as a baseline does.
  ResultRow Outside(const Reference& reference) const {
    ResultRow result{.label = reference.label,
                     .kind = reference.seeds.empty()
                                 ? ResultRow::Kind::kReference
                                 : ResultRow::Kind::kBaseline};
    for (const Measurement& measurement : reference.measurements) {
      Add(measurement, result);
    }
    return result;
  }

  // The confirmation trials of the candidate, one per seed.
  ResultRow Candidate(const ConfirmedCandidate& candidate,
                      const std::vector<Trial>& trials) const {
    ResultRow result{.label = candidate.label,
                     .kind = candidate.purpose == TrialPurpose::kBaseline
                                 ? ResultRow::Kind::kBaseline
                                 : ResultRow::Kind::kFound};
    std::set<uint64_t> seeds;
    for (const Trial& trial : trials) {
      const bool confirms = trial.purpose == TrialPurpose::kFinalist ||
                            trial.purpose == TrialPurpose::kBaseline;
      if (!confirms || trial.state != TrialState::kComplete ||
          trial.configuration != candidate.configuration ||
          !seeds.insert(trial.seed).second) {
        continue;
      }
      Add(trial.measurement, result);
    }
    return result;
  }

 private:
  void Add(const Measurement& measurement, ResultRow& row) const {
    bool objective_is_metric = false;
    for (const Metric& metric : measurement.metrics) {
      const bool is_loss = losses_.contains(metric.name);
      objective_is_metric = objective_is_metric ||
                            metric.name == objective_.name ||
                            "loss on " + metric.name == objective_.name;
      AddSample(metric.name, metric.value, is_loss, row);
    }
    if (objective_is_metric) return;
    AddSample(
        objective_.name, measurement.objective, objective_.minimised, row);
  }

  const Objective objective_;
  const std::set<std::string> losses_;
};

std::string FirstReason(const std::vector<Trial>& trials) {
  for (const Trial& trial : trials) {
    if (trial.state == TrialState::kComplete) continue;
    return "; trial " + std::to_string(trial.id) + ": " + trial.reason;
  }
  return "";
}

}  // namespace

Result<std::vector<ResultRow>> MakeResultRows(const StudyReport& report,
                                              const std::vector<Trial>& trials,
                                              const v1::SearchConfig& config) {
  const RowMaker maker(report.objective, LossesOf(config));
  const StudySummary& summary = report.summary;
  if (!summary.best) {
    return FailedPrecondition("no finalist could be measured" +
                              FirstReason(trials));
  }
  std::vector<ResultRow> rows;
  for (const Reference& reference : report.references) {
    rows.push_back(maker.Outside(reference));
  }
  for (const ConfirmedCandidate& candidate : summary.candidates) {
    if (candidate.purpose != TrialPurpose::kBaseline) continue;
    rows.push_back(maker.Candidate(candidate, trials));
  }
  rows.push_back(maker.Candidate(summary.candidates[*summary.best], trials));
  return rows;
}

}  // namespace rankadaptor::runners
