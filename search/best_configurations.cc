#include "search/best_configurations.h"

#include <utility>
#include <vector>

#include "search/trial_log.h"

namespace rankadaptor::internal {
namespace {

bool Competes(const Trial& trial) {
  return !IsConfirmation(trial) && trial.state == TrialState::kComplete &&
         trial.fidelity == 1;
}

// The trials of one configuration.
struct Group {
  int64_t first_id = -1;
  std::vector<double> objectives;
};

}  // namespace

std::optional<Trial> BestObserved(const std::map<int64_t, Trial>& trials) {
  const Trial* best = nullptr;
  for (const auto& [id, trial] : trials) {
    if (!Competes(trial)) continue;
    if (best == nullptr ||
        trial.measurement.objective > best->measurement.objective) {
      best = &trial;
    }
  }
  if (best == nullptr) return {};
  return *best;
}

Result<std::optional<RecommendedConfiguration>> BestExpected(
    const std::map<int64_t, Trial>& trials, Strategy& strategy) {
  std::map<Configuration, Group> groups;
  for (const auto& [id, trial] : trials) {
    if (!Competes(trial)) continue;
    Group& group = groups[trial.configuration];
    if (group.first_id < 0) group.first_id = id;
    group.objectives.push_back(trial.measurement.objective);
  }
  std::vector<Configuration> configurations;
  for (const auto& [configuration, group] : groups) {
    configurations.push_back(configuration);
  }
  RA_ASSIGN_OR_RETURN(std::vector<double> predicted,
                      strategy.PredictMeans(configurations));
  std::optional<RecommendedConfiguration> best;
  double highest = 0;
  for (size_t i = 0; i < configurations.size(); ++i) {
    const Group& group = groups[configurations[i]];
    RecommendedConfiguration entry{.configuration = configurations[i],
                                   .trial_id = group.first_id,
                                   .predicted = {},
                                   .observed = Summarise(group.objectives)};
    if (!predicted.empty()) entry.predicted = predicted[i];
    const double expected = entry.predicted.value_or(*entry.observed.mean);
    const bool better =
        !best || expected > highest ||
        (expected == highest && entry.trial_id < best->trial_id);
    if (!better) continue;
    highest = expected;
    best = std::move(entry);
  }
  return best;
}

}  // namespace rankadaptor::internal
