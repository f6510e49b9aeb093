// Says when predictions have become good enough, whether an improvement is
// still expected, and how long nothing better was found: "until the discrepancy
// between predicted performance Q and actual performance P falls within a
// predetermined threshold" (paper, section 3.3). See
// StudyOptions::convergence_threshold for the unit of the thresholds and for
// what a round is.
//
// A round without both a prediction and a measurement breaks the streak: it
// shows nothing. So does one without an expected improvement. Of screenings
// only what they expect is looked at: a round of nothing else leaves
// predictions and gains as they were.
#ifndef RANKADAPTOR_SEARCH_CONVERGENCE_CHECKER_H_
#define RANKADAPTOR_SEARCH_CONVERGENCE_CHECKER_H_

#include <optional>
#include <span>
#include <vector>

#include "rankadaptor/search/study_observer.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor::internal {

class ConvergenceChecker {
 public:
  // `rounds` = 0: never converges; `improvement_threshold` = 0: always expects
  // an improvement.
  ConvergenceChecker(double relative_threshold,
                     double improvement_threshold,
                     int rounds);

  // Takes the initial trials or one batch of search trials; says how the round
  // went (meaningful for search trials).
  void ObserveInitial(std::span<const Trial> trials);
  Iteration ObserveRound(std::span<const Trial> trials);

  bool converged() const;
  bool expects_no_improvement() const;

  // Full search trials since the best one, failed ones included.
  int num_trials_without_gain() const { return num_trials_without_gain_; }

 private:
  void Collect(std::span<const Trial> trials);
  void CountGains(std::span<const Trial> trials);
  void FollowPredictions(std::span<const Trial> trials, Iteration& iteration);
  void FollowExpectations(std::span<const Trial> trials, Iteration& iteration);
  std::optional<double> Spread() const;

  double relative_threshold_;
  double improvement_threshold_;
  int rounds_;
  int num_rounds_ = 0;
  int streak_ = 0;              // of good predictions
  int improvement_streak_ = 0;  // of small expected improvements
  int num_trials_without_gain_ = 0;
  size_t num_initial_ = 0;          // of the objectives below
  std::vector<double> objectives_;  // of completed trials, in trial order
  std::optional<double> best_;      // of full ones
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_CONVERGENCE_CHECKER_H_
