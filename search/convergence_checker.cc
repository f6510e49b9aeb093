#include "search/convergence_checker.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "search/statistics.h"

namespace rankadaptor::internal {
namespace {

bool IsWorse(const Iteration& iteration, double gap) {
  return !iteration.gap || gap > *iteration.gap;
}

}  // namespace

ConvergenceChecker::ConvergenceChecker(double relative_threshold, int rounds)
    : relative_threshold_(relative_threshold), rounds_(rounds) {}

bool ConvergenceChecker::converged() const {
  return rounds_ > 0 && streak_ >= rounds_;
}

void ConvergenceChecker::Collect(std::span<const Trial> trials) {
  for (const Trial& trial : trials) {
    if (trial.state != TrialState::kComplete) continue;
    objectives_.push_back(trial.measurement.objective);
  }
}

void ConvergenceChecker::CountGains(std::span<const Trial> trials) {
  double best = objectives_.empty() ? -std::numeric_limits<double>::infinity()
                                    : std::ranges::max(objectives_);
  for (const Trial& trial : trials) {
    ++num_trials_without_gain_;
    if (trial.state != TrialState::kComplete ||
        trial.measurement.objective <= best) {
      continue;
    }
    best = trial.measurement.objective;
    num_trials_without_gain_ = 0;
  }
}

void ConvergenceChecker::ObserveInitial(std::span<const Trial> trials) {
  Collect(trials);
  num_initial_ = objectives_.size();
}

std::optional<double> ConvergenceChecker::Threshold() const {
  std::span<const double> spread = objectives_;
  if (num_initial_ >= 2) spread = spread.first(num_initial_);
  auto deviation = Summarise(spread).standard_deviation;
  if (!deviation) return {};
  return relative_threshold_ * *deviation;
}

Iteration ConvergenceChecker::ObserveRound(std::span<const Trial> trials) {
  CountGains(trials);
  Collect(trials);
  Iteration iteration{.index = num_rounds_++};
  for (const Trial& trial : trials) {
    if (trial.state != TrialState::kComplete || !trial.predicted) continue;
    const double gap = std::abs(*trial.predicted - trial.measurement.objective);
    if (!IsWorse(iteration, gap)) continue;
    iteration.predicted = trial.predicted;
    iteration.observed = trial.measurement.objective;
    iteration.gap = gap;
  }
  iteration.threshold = Threshold();
  const bool within = iteration.gap && iteration.threshold &&
                      *iteration.gap <= *iteration.threshold;
  streak_ = within ? streak_ + 1 : 0;
  iteration.rounds_within_threshold = streak_;
  if (!objectives_.empty()) {
    iteration.best_observed = std::ranges::max(objectives_);
  }
  return iteration;
}

}  // namespace rankadaptor::internal
