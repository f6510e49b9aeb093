#include "search/strategies/trial_history.h"

#include <algorithm>
#include <numeric>

namespace rankadaptor::internal {

void TrialHistory::Add(const Trial& trial) {
  taken_.insert(trial.configuration);
  told_.insert(trial.configuration);
  ++num_told_;
  std::erase(pending_, trial.configuration);
  if (trial.state != TrialState::kComplete) return;
  completed_.push_back({trial.configuration, trial.measurement.objective});
}

void TrialHistory::Add(std::span<const Trial> trials) {
  for (const Trial& trial : trials) Add(trial);
}

void TrialHistory::MarkPending(std::span<const Configuration> configurations) {
  taken_.insert(configurations.begin(), configurations.end());
  pending_.insert(pending_.end(), configurations.begin(), configurations.end());
}

std::vector<Configuration> TrialHistory::Best(int count) const {
  std::vector<size_t> order(completed_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) {
    return completed_[i].objective;
  });
  std::vector<Configuration> best;
  for (size_t i : order) {
    if (static_cast<int>(best.size()) == count) break;
    const Configuration& configuration = completed_[i].configuration;
    if (std::ranges::find(best, configuration) == best.end()) {
      best.push_back(configuration);
    }
  }
  return best;
}

std::vector<Suggestion> TrialHistory::Recommend(int count) const {
  std::vector<Suggestion> suggestions;
  for (Configuration& configuration : Best(count)) {
    suggestions.push_back({.configuration = std::move(configuration)});
  }
  return suggestions;
}

}  // namespace rankadaptor::internal
