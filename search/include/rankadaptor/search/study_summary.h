// What a Study returns: how it ended, what was asked and what was used, and the
// confirmed results of the finalists and the baselines.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_SEARCH_STUDY_SUMMARY_H_
#define RANKADAPTOR_SEARCH_STUDY_SUMMARY_H_

#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor {

// Why the iteration phase ended.
enum class StopReason {
  kConverged,       // |Q - P| stayed within the threshold
  kTrialBudget,     // StudyOptions::max_trials were used
  kTimeBudget,      // StudyOptions::time_budget_seconds were used
  kSpaceExhausted,  // every configuration was tried
  kStagnation,      // StudyOptions::stagnation_trials brought nothing better
  kWallTime,        // StudyOptions::wall_time_seconds have passed
};

// "converged", "trial budget", ...
const char* StopReasonName(StopReason reason);

// Mean and spread of some measurements; the spread needs two of them.
struct SampleStatistics {
  int num_samples = 0;
  std::optional<double> mean;
  std::optional<double> standard_deviation;  // sample estimate, n - 1
  std::optional<double> standard_error;      // of the mean

  friend bool operator==(const SampleStatistics&,
                         const SampleStatistics&) = default;
};

// One candidate of the convergence phase, repeated with fresh seeds.
struct ConfirmedCandidate {
  std::string label;  // "recommended 1", "best observed", or the baseline's
  TrialPurpose purpose = TrialPurpose::kFinalist;
  Configuration configuration;
  std::optional<double> predicted;  // Q, where the strategy has a model

  // The objective over the confirm trials that completed.
  SampleStatistics objective;
  // Objective minus the first baseline's, paired by seed over the seeds that
  // completed for both. Empty for that baseline itself and without one.
  std::optional<SampleStatistics> difference;
  // Mean of each metric over the same trials, in the evaluator's order.
  std::vector<Metric> metrics;

  friend bool operator==(const ConfirmedCandidate&,
                         const ConfirmedCandidate&) = default;
};

// How good the strategy's predictions were, over the search trials that it
// predicted before they were measured.
struct SurrogateQuality {
  int num_predictions = 0;
  std::optional<double> root_mean_square_error;  // in the objective's units
  // Spearman's, of predictions and measurements; empty if either is constant.
  std::optional<double> rank_correlation;
  // The share of measurements within one predicted deviation of their
  // prediction (about 0.68 if the strategy knows what it does not know), and of
  // how many. Predicted deviations are not stored: of a resumed study, those of
  // the last run count.
  std::optional<double> share_within_deviation;
  int num_with_deviation = 0;

  friend bool operator==(const SurrogateQuality&,
                         const SurrogateQuality&) = default;
};

struct StudySummary {
  StopReason stop_reason = StopReason::kTrialBudget;
  std::string stop_sentence;  // the same with figures, for people

  int max_trials = 0;          // asked for: initial and search trials together
  int num_initial_trials = 0;  // used
  int num_search_trials = 0;   // used
  int num_confirm_trials = 0;  // used, baselines included
  int num_failed_trials = 0;   // of all of these
  double trial_seconds = 0;    // spent in evaluations, resumed ones included

  SurrogateQuality surrogate;

  // Best of the initial and search trials by their one measurement; empty if
  // none completed. Optimistic under noise: prefer `best`.
  std::optional<Trial> best_observed;

  // Finalists, then baselines, each in the order in which they were named.
  std::vector<ConfirmedCandidate> candidates;

  // Index in `candidates` of the finalist with the highest confirmed mean (the
  // first of equals); empty if no finalist has one. Baselines do not compete,
  // so that `difference` says whether the search was worth it.
  std::optional<int> best;

  friend bool operator==(const StudySummary&, const StudySummary&) = default;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_STUDY_SUMMARY_H_
