#include "search/source_studies.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace rankadaptor::internal {
namespace {

struct MetricOfTrials {
  SourceStudy source;
  bool is_objective = true;
};

MetricOfTrials Gather(const std::string& name, std::span<const Trial> trials) {
  MetricOfTrials gathered;
  gathered.source.name = name;
  for (const Trial& trial : trials) {
    if (trial.state != TrialState::kComplete) continue;
    auto metric =
        std::ranges::find(trial.measurement.metrics, name, &Metric::name);
    if (metric == trial.measurement.metrics.end()) continue;
    if (!std::isfinite(metric->value)) continue;
    gathered.source.configurations.push_back(trial.configuration);
    gathered.source.values.push_back(metric->value);
    if (metric->value != trial.measurement.objective) {
      gathered.is_objective = false;
    }
  }
  return gathered;
}

}  // namespace

std::vector<SourceStudy> MakeSourceStudies(std::span<const Trial> trials) {
  std::vector<SourceStudy> sources;
  auto first = std::ranges::find(trials, TrialState::kComplete, &Trial::state);
  if (first == trials.end()) return sources;
  for (const Metric& metric : first->measurement.metrics) {
    MetricOfTrials gathered = Gather(metric.name, trials);
    if (!gathered.is_objective) sources.push_back(std::move(gathered.source));
  }
  return sources;
}

}  // namespace rankadaptor::internal
