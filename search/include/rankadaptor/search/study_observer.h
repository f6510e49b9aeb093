// A StudyObserver watches a running study, for a progress display or a log. It
// cannot change the study.
//
// Calls come from several threads, but one at a time. Keep them short: they
// hold up the study.
#ifndef RANKADAPTOR_SEARCH_STUDY_OBSERVER_H_
#define RANKADAPTOR_SEARCH_STUDY_OBSERVER_H_

#include <optional>

#include "rankadaptor/search/trial.h"

namespace rankadaptor {

// The paper's three phases (section 3.3).
enum class StudyPhase { kInitialise, kIterate, kConverge };

// "initialise", "iterate", "converge".
const char* StudyPhaseName(StudyPhase phase);

struct StudyProgress {
  StudyPhase phase = StudyPhase::kInitialise;
  int num_trials_done = 0;
  // At most; convergence may come earlier, finalists may coincide.
  int num_trials_planned = 0;
  double elapsed_seconds = 0;  // of this run
  // Estimate for num_trials_planned; empty until a trial was evaluated.
  std::optional<double> seconds_left;
};

// One round of the iteration phase.
struct Iteration {
  int index = 0;  // 0, 1, ...
  // Of the full trial in the batch whose prediction was worst; empty if none
  // has both a prediction and a measurement.
  std::optional<double> predicted;  // Q
  std::optional<double> observed;   // P
  std::optional<double> gap;        // |Q - P|
  // What `gap` is compared with, in units of the objective; empty until the
  // spread of the objective is known.
  std::optional<double> threshold;
  int rounds_within_threshold = 0;  // consecutive, this one included
  // The largest improvement that the strategy expected when it made the batch,
  // and below what that ends the search; empty as above.
  std::optional<double> expected_improvement;
  std::optional<double> improvement_threshold;
  // The best objective of all full trials so far.
  std::optional<double> best_observed;
};

class StudyObserver {
 public:
  virtual ~StudyObserver() = default;

  virtual void OnPhase(StudyPhase /*phase*/, const StudyProgress&) {}

  // `trial` has no result yet.
  virtual void OnTrialStarted(const Trial& /*trial*/, const StudyProgress&) {}

  // An intermediate report of the evaluator.
  virtual void OnTrialReport(const Trial& /*trial*/,
                             double /*fraction_done*/,
                             double /*value*/) {}

  // `trial` is on disk. Not called for trials that the store had already.
  virtual void OnTrialFinished(const Trial& /*trial*/, const StudyProgress&) {}

  // Called for replayed rounds too.
  virtual void OnIteration(const Iteration& /*iteration*/,
                           const StudyProgress&) {}
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_STUDY_OBSERVER_H_
