#include "search/confirmation.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "search/statistics.h"

namespace rankadaptor::internal {
namespace {

// Of the finalists' differences in the race. Higher than what is reported,
// because it is looked at after every seed.
constexpr double kRaceLevel = 0.99;

// A confirm trial measures one configuration with one seed.
using Cell = std::pair<Configuration, uint64_t>;

// The first measured trial of each cell.
std::map<Cell, const Trial*> ConfirmedCells(const TrialLog& log,
                                            int64_t end_id) {
  std::map<Cell, const Trial*> cells;
  for (const auto& [id, trial] : log.trials()) {
    if (id >= end_id) break;
    if (!IsConfirmation(trial)) continue;
    cells.emplace(Cell{trial.configuration, trial.seed}, &trial);
  }
  return cells;
}

bool IsFinalist(const std::vector<ConfirmedCandidate>& candidates,
                const Configuration& configuration) {
  return std::ranges::any_of(candidates, [&](const auto& candidate) {
    return candidate.configuration == configuration;
  });
}

// The completed trial of each seed, null where there is none.
std::vector<const Trial*> CompletedBySeed(
    const Configuration& configuration,
    std::span<const uint64_t> seeds,
    const std::map<Cell, const Trial*>& cells) {
  std::vector<const Trial*> trials;
  for (uint64_t seed : seeds) {
    auto cell = cells.find({configuration, seed});
    const bool complete =
        cell != cells.end() && cell->second->state == TrialState::kComplete;
    trials.push_back(complete ? cell->second : nullptr);
  }
  return trials;
}

SampleStatistics ObjectiveOf(const std::vector<const Trial*>& trials) {
  std::vector<double> values;
  for (const Trial* trial : trials) {
    if (trial != nullptr) values.push_back(trial->measurement.objective);
  }
  return Summarise(values);
}

SampleStatistics PairedDifference(const std::vector<const Trial*>& trials,
                                  const std::vector<const Trial*>& baseline) {
  std::vector<double> differences;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (trials[i] == nullptr || baseline[i] == nullptr) continue;
    differences.push_back(trials[i]->measurement.objective -
                          baseline[i]->measurement.objective);
  }
  return Summarise(differences);
}

std::vector<Metric> MeanMetrics(const std::vector<const Trial*>& trials) {
  std::vector<Metric> means;
  double n = 0;
  for (const Trial* trial : trials) {
    if (trial == nullptr) continue;
    ++n;
    for (const Metric& metric : trial->measurement.metrics) {
      auto mean = std::ranges::find(means, metric.name, &Metric::name);
      if (mean == means.end()) {
        means.push_back(metric);
      } else {
        mean->value += metric.value;
      }
    }
  }
  for (Metric& mean : means) mean.value /= n;
  return means;
}

}  // namespace

std::vector<ConfirmedCandidate> MakeCandidates(
    const std::vector<Suggestion>& recommended,
    const std::optional<Trial>& best_observed,
    const std::vector<Baseline>& baselines) {
  std::vector<ConfirmedCandidate> candidates;
  auto add = [&](std::string label,
                 TrialPurpose purpose,
                 const Configuration& configuration,
                 std::optional<double> predicted) {
    ConfirmedCandidate candidate;
    candidate.label = std::move(label);
    candidate.purpose = purpose;
    candidate.configuration = configuration;
    candidate.predicted = predicted;
    candidates.push_back(std::move(candidate));
  };
  for (const Suggestion& s : recommended) {
    add("recommended " + std::to_string(candidates.size() + 1),
        TrialPurpose::kFinalist,
        s.configuration,
        s.predicted);
  }
  if (best_observed && !IsFinalist(candidates, best_observed->configuration)) {
    add("best observed",
        TrialPurpose::kFinalist,
        best_observed->configuration,
        best_observed->predicted);
  }
  for (const Baseline& baseline : baselines) {
    add(baseline.label, TrialPurpose::kBaseline, baseline.configuration, {});
  }
  return candidates;
}

std::vector<Trial> PlanConfirmation(
    const std::vector<ConfirmedCandidate>& candidates,
    std::span<const uint64_t> seeds,
    int64_t first_id,
    const TrialLog& log) {
  std::set<Cell> planned;
  for (const auto& [cell, trial] : ConfirmedCells(log, first_id)) {
    planned.insert(cell);
  }
  std::vector<Trial> plan;
  for (uint64_t seed : seeds) {
    for (const ConfirmedCandidate& candidate : candidates) {
      if (!planned.insert({candidate.configuration, seed}).second) continue;
      Trial trial;
      trial.id = first_id + static_cast<int64_t>(plan.size());
      trial.purpose = candidate.purpose;
      trial.label = candidate.label;
      trial.configuration = candidate.configuration;
      trial.seed = seed;
      trial.split = ItemSplit::kConfirm;
      trial.predicted = candidate.predicted;
      plan.push_back(std::move(trial));
    }
  }
  return plan;
}

std::vector<ConfirmedCandidate> StillInRace(
    const std::vector<ConfirmedCandidate>& candidates,
    std::span<const uint64_t> seeds,
    const TrialLog& log) {
  std::vector<ConfirmedCandidate> measured = candidates;
  SummariseConfirmation(seeds, log, measured);
  const std::optional<int> leader = BestFinalist(measured);
  if (!leader) return candidates;
  const auto cells = ConfirmedCells(log, std::numeric_limits<int64_t>::max());
  const auto leading =
      CompletedBySeed(candidates[*leader].configuration, seeds, cells);
  std::vector<ConfirmedCandidate> open;
  for (const ConfirmedCandidate& candidate : candidates) {
    const SampleStatistics lead = PairedDifference(
        leading, CompletedBySeed(candidate.configuration, seeds, cells));
    const bool beaten = candidate.purpose == TrialPurpose::kFinalist &&
                        lead.margin && *lead.mean > *Margin(lead, kRaceLevel);
    if (!beaten) open.push_back(candidate);
  }
  return open;
}

void SummariseConfirmation(std::span<const uint64_t> seeds,
                           const TrialLog& log,
                           std::vector<ConfirmedCandidate>& candidates) {
  const auto cells = ConfirmedCells(log, std::numeric_limits<int64_t>::max());
  auto first_baseline = std::ranges::find(
      candidates, TrialPurpose::kBaseline, &ConfirmedCandidate::purpose);
  std::vector<const Trial*> baseline;
  if (first_baseline != candidates.end()) {
    baseline = CompletedBySeed(first_baseline->configuration, seeds, cells);
  }
  for (auto c = candidates.begin(); c != candidates.end(); ++c) {
    const auto trials = CompletedBySeed(c->configuration, seeds, cells);
    c->objective = ObjectiveOf(trials);
    c->metrics = MeanMetrics(trials);
    if (!baseline.empty() && c != first_baseline) {
      c->difference = PairedDifference(trials, baseline);
    }
  }
}

std::optional<int> BestFinalist(
    const std::vector<ConfirmedCandidate>& candidates) {
  std::optional<int> best;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const ConfirmedCandidate& candidate = candidates[i];
    if (candidate.purpose != TrialPurpose::kFinalist) continue;
    if (!candidate.objective.mean) continue;
    if (!best ||
        *candidate.objective.mean > *candidates[*best].objective.mean) {
      best = static_cast<int>(i);
    }
  }
  return best;
}

}  // namespace rankadaptor::internal
