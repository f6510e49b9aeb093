#include "search/strategies/trial_history.h"

#include <algorithm>

namespace rankadaptor::internal {

void TrialHistory::Add(const Trial& trial) {
  auto pending = std::ranges::find(
      pending_, trial.configuration, &Suggestion::configuration);
  Take(trial.configuration, trial.fidelity);
  // What was spent counts, not what was asked for.
  if (pending != pending_.end()) {
    GiveBack(*pending);
    pending_.erase(pending);
  }
  told_.insert(trial.configuration);
  ++num_told_;
  if (trial.state != TrialState::kComplete) return;
  completed_.push_back(
      {trial.configuration, trial.measurement.objective, trial.fidelity});
}

void TrialHistory::Take(const Configuration& configuration, double fidelity) {
  taken_.insert(configuration);
  fidelities_[configuration].insert(fidelity);
  ++num_taken_[fidelity];
}

void TrialHistory::GiveBack(const Suggestion& pending) {
  auto& fidelities = fidelities_[pending.configuration];
  fidelities.erase(fidelities.find(pending.fidelity));
  --num_taken_[pending.fidelity];
}

void TrialHistory::Add(std::span<const Trial> trials) {
  for (const Trial& trial : trials) Add(trial);
}

void TrialHistory::MarkPending(std::span<const Suggestion> pending) {
  for (const Suggestion& suggestion : pending) {
    Take(suggestion.configuration, suggestion.fidelity);
    pending_.push_back(suggestion);
  }
}

double TrialHistory::fidelity_taken(const Configuration& configuration) const {
  auto found = fidelities_.find(configuration);
  return found == fidelities_.end() ? 0 : *found->second.rbegin();
}

double TrialHistory::cost_at(double fidelity) const {
  auto found = num_taken_.find(fidelity);
  return found == num_taken_.end() ? 0 : found->second * fidelity;
}

double TrialHistory::cost_above(double fidelity) const {
  double cost = 0;
  for (auto entry = num_taken_.upper_bound(fidelity); entry != num_taken_.end();
       ++entry) {
    cost += entry->second * entry->first;
  }
  return cost;
}

std::vector<Configuration> TrialHistory::Best(int count) const {
  const bool any_full = std::ranges::any_of(
      completed_, [](const Completed& c) { return c.fidelity == 1; });
  std::vector<size_t> order;
  for (size_t i = 0; i < completed_.size(); ++i) {
    if (!any_full || completed_[i].fidelity == 1) order.push_back(i);
  }
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
