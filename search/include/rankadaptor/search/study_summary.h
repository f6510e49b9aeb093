// What a Study returns: how it ended, what was asked and what was used, and the
// confirmed results of the finalists and the baselines.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_SEARCH_STUDY_SUMMARY_H_
#define RANKADAPTOR_SEARCH_STUDY_SUMMARY_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/search/parameter_importance.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor {

// Why the iteration phase ended.
enum class StopReason {
  kConverged,       // |Q - P| stayed within the threshold
  kNoImprovement,   // hardly any improvement is expected any more
  kTrialBudget,     // StudyOptions::max_trials were used
  kTimeBudget,      // StudyOptions::time_budget_seconds were used
  kSpaceExhausted,  // every configuration was tried
  kStagnation,      // StudyOptions::stagnation_trials brought nothing better
  kWallTime,        // StudyOptions::wall_time_seconds have passed
};

// "converged", "trial budget", ...
const char* StopReasonName(StopReason reason);

// The probability with which a confidence interval holds the true mean.
inline constexpr double kConfidenceLevel = 0.95;

// Mean and spread of some measurements; the spread needs two of them.
struct SampleStatistics {
  int num_samples = 0;
  std::optional<double> mean;
  std::optional<double> standard_deviation;  // sample estimate, n - 1
  std::optional<double> standard_error;      // of the mean
  // The mean's confidence interval is mean - margin to mean + margin: Student's
  // t, at kConfidenceLevel.
  std::optional<double> margin;

  friend bool operator==(const SampleStatistics&,
                         const SampleStatistics&) = default;
};

SampleStatistics Summarise(std::span<const double> values);

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
  // how many.
  std::optional<double> share_within_deviation;
  int num_with_deviation = 0;

  friend bool operator==(const SurrogateQuality&,
                         const SurrogateQuality&) = default;
};

// The evaluated configuration with the highest expectation of the strategy's
// model, all measurements considered; without a model, that with the highest
// mean. Less taken in by lucky noise than the best observed one.
struct RecommendedConfiguration {
  Configuration configuration;
  int64_t trial_id = -1;            // its first full trial
  std::optional<double> predicted;  // the model's expectation
  SampleStatistics observed;        // over its initial and search trials

  friend bool operator==(const RecommendedConfiguration&,
                         const RecommendedConfiguration&) = default;
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
  // Initial and search trials in units of full ones: less than their number if
  // some were screenings.
  double search_cost = 0;

  SurrogateQuality surrogate;

  // Which parameters matter, according to the strategy's model; empty without
  // one.
  std::vector<ParameterImportance> importance;

  // Best of the full initial and search trials by their one measurement; empty
  // if none completed. Optimistic under noise: prefer `best`.
  std::optional<Trial> best_observed;

  // What to prefer where nothing could be confirmed; empty if no full trial
  // completed.
  std::optional<RecommendedConfiguration> recommended;

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
