#include "runners/report/progress_display.h"

#include <algorithm>

#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

// "predicted 0.5120, observed 0.4983", or why there is nothing to observe; of a
// screening also how short it was.
std::string ResultText(const Trial& trial, const Objective& objective) {
  std::string text;
  if (trial.predicted.has_value()) {
    text = "predicted " + FormatScore(objective.Shown(*trial.predicted)) + ", ";
  }
  if (trial.state != TrialState::kComplete) {
    return text + TrialStateName(trial.state);
  }
  text +=
      "observed " + FormatScore(objective.Shown(trial.measurement.objective));
  if (trial.fidelity == 1) return text;
  return text + " in " + FormatPercent(trial.fidelity) + " of a full trial";
}

bool IsSearched(const Trial& trial) {
  return trial.purpose == TrialPurpose::kInitial ||
         trial.purpose == TrialPurpose::kSearch;
}

}  // namespace

void ProgressDisplay::OnPhase(StudyPhase /*phase*/,
                              const StudyProgress& progress) {
  progress_ = progress;
  UpdateTransient();
}

void ProgressDisplay::OnTrialStarted(const Trial& trial,
                                     const StudyProgress& progress) {
  progress_ = progress;
  running_[trial.id] = 0;
  UpdateTransient();
}

void ProgressDisplay::OnTrialReport(const Trial& trial,
                                    double fraction_done,
                                    double /*value*/) {
  running_[trial.id] = fraction_done;
  UpdateTransient();
}

void ProgressDisplay::OnTrialFinished(const Trial& trial,
                                      const StudyProgress& progress) {
  progress_ = progress;
  running_.erase(trial.id);
  last_ = ResultText(trial, objective_);
  if (trial.state == TrialState::kComplete && IsSearched(trial) &&
      trial.fidelity == 1) {
    const double value = trial.measurement.objective;
    best_ = std::max(best_.value_or(value), value);
  }
  if (!terminal_.is_terminal()) terminal_.Line(Summary());
  UpdateTransient();
}

void ProgressDisplay::OnIteration(const Iteration& iteration,
                                  const StudyProgress& progress) {
  progress_ = progress;
  best_ = iteration.best_observed;
  UpdateTransient();
}

void ProgressDisplay::UpdateTransient() {
  std::string text = Summary();
  for (const auto& [id, fraction] : running_) {
    text += " | trial " + std::to_string(id) + ": " +
            std::to_string(static_cast<int>(fraction * 100)) + "%";
  }
  terminal_.Transient(text);
}

std::string ProgressDisplay::Summary() const {
  std::string text = std::string(StudyPhaseName(progress_.phase)) + " " +
                     std::to_string(progress_.num_trials_done) + "/" +
                     std::to_string(progress_.num_trials_planned);
  if (!last_.empty()) text += ": " + last_;
  if (best_.has_value()) {
    text += ", best " + FormatScore(objective_.Shown(*best_));
  }
  if (progress_.seconds_left.has_value()) {
    text += ", " + FormatDuration(*progress_.seconds_left) + " left";
  }
  return text;
}

}  // namespace rankadaptor::runners
