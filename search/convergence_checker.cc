#include "search/convergence_checker.h"

#include <algorithm>
#include <cmath>

#include "rankadaptor/search/study_summary.h"

namespace rankadaptor::internal {
namespace {

bool IsFull(const Trial& trial) { return trial.fidelity == 1; }

bool IsWorse(const Iteration& iteration, double gap) {
  return !iteration.gap || gap > *iteration.gap;
}

}  // namespace

ConvergenceChecker::ConvergenceChecker(double relative_threshold,
                                       double improvement_threshold,
                                       int rounds)
    : relative_threshold_(relative_threshold),
      improvement_threshold_(improvement_threshold),
      rounds_(rounds) {}

bool ConvergenceChecker::converged() const {
  return rounds_ > 0 && streak_ >= rounds_;
}

bool ConvergenceChecker::expects_no_improvement() const {
  return rounds_ > 0 && improvement_streak_ >= rounds_;
}

void ConvergenceChecker::Collect(std::span<const Trial> trials) {
  for (const Trial& trial : trials) {
    if (trial.state != TrialState::kComplete) continue;
    const double objective = trial.measurement.objective;
    objectives_.push_back(objective);
    if (IsFull(trial)) best_ = std::max(best_.value_or(objective), objective);
  }
}

void ConvergenceChecker::CountGains(std::span<const Trial> trials) {
  std::optional<double> best = best_;
  for (const Trial& trial : trials) {
    if (!IsFull(trial)) continue;
    ++num_trials_without_gain_;
    const double objective = trial.measurement.objective;
    if (trial.state != TrialState::kComplete || (best && objective <= *best)) {
      continue;
    }
    best = objective;
    num_trials_without_gain_ = 0;
  }
}

void ConvergenceChecker::ObserveInitial(std::span<const Trial> trials) {
  Collect(trials);
  num_initial_ = objectives_.size();
}

std::optional<double> ConvergenceChecker::Spread() const {
  std::span<const double> spread = objectives_;
  if (num_initial_ >= 2) spread = spread.first(num_initial_);
  return Summarise(spread).standard_deviation;
}

Iteration ConvergenceChecker::ObserveRound(std::span<const Trial> trials) {
  CountGains(trials);
  Collect(trials);
  Iteration iteration{.index = num_rounds_++};
  if (auto spread = Spread()) {
    iteration.threshold = relative_threshold_ * *spread;
    iteration.improvement_threshold = improvement_threshold_ * *spread;
  }
  FollowPredictions(trials, iteration);
  FollowExpectations(trials, iteration);
  iteration.best_observed = best_;
  return iteration;
}

void ConvergenceChecker::FollowPredictions(std::span<const Trial> trials,
                                           Iteration& iteration) {
  for (const Trial& trial : trials) {
    const bool shows = IsFull(trial) && trial.predicted &&
                       trial.state == TrialState::kComplete;
    if (!shows) continue;
    const double gap = std::abs(*trial.predicted - trial.measurement.objective);
    if (!IsWorse(iteration, gap)) continue;
    iteration.predicted = trial.predicted;
    iteration.observed = trial.measurement.objective;
    iteration.gap = gap;
  }
  const bool within = iteration.gap && iteration.threshold &&
                      *iteration.gap <= *iteration.threshold;
  if (std::ranges::any_of(trials, IsFull)) streak_ = within ? streak_ + 1 : 0;
  iteration.rounds_within_threshold = streak_;
}

void ConvergenceChecker::FollowExpectations(std::span<const Trial> trials,
                                            Iteration& iteration) {
  bool all_known = !trials.empty();
  for (const Trial& trial : trials) {
    const std::optional<double>& improvement = trial.expected_improvement;
    if (!improvement) {
      all_known = false;
    } else if (!iteration.expected_improvement ||
               *improvement > *iteration.expected_improvement) {
      iteration.expected_improvement = improvement;
    }
  }
  const bool small =
      all_known && iteration.improvement_threshold.value_or(0) > 0 &&
      *iteration.expected_improvement <= *iteration.improvement_threshold;
  improvement_streak_ = small ? improvement_streak_ + 1 : 0;
}

}  // namespace rankadaptor::internal
