// Shows a running study: on a terminal one line that is kept up to date, else a
// short line per finished trial.
#ifndef RANKADAPTOR_RUNNERS_REPORT_PROGRESS_DISPLAY_H_
#define RANKADAPTOR_RUNNERS_REPORT_PROGRESS_DISPLAY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "rankadaptor/search/study_observer.h"

#include "runners/report/objective.h"
#include "runners/terminal/terminal.h"

namespace rankadaptor::runners {

// One call at a time, as StudyObserver promises.
class ProgressDisplay final : public StudyObserver {
 public:
  // `terminal` is borrowed.
  ProgressDisplay(Terminal& terminal, Objective objective)
      : terminal_(terminal), objective_(std::move(objective)) {}

  void OnPhase(StudyPhase phase, const StudyProgress& progress) override;
  void OnTrialStarted(const Trial& trial,
                      const StudyProgress& progress) override;
  void OnTrialReport(const Trial& trial,
                     double fraction_done,
                     double value) override;
  void OnTrialFinished(const Trial& trial,
                       const StudyProgress& progress) override;
  void OnIteration(const Iteration& iteration,
                   const StudyProgress& progress) override;

 private:
  void UpdateTransient();
  std::string Summary() const;

  Terminal& terminal_;
  const Objective objective_;
  StudyProgress progress_;
  std::map<int64_t, double> running_;  // trial id -> fraction done
  std::string last_;                   // what the last trial gave
  std::optional<double> best_;         // of initial and search trials
};

}  // namespace rankadaptor::runners

#endif  // RANKADAPTOR_RUNNERS_REPORT_PROGRESS_DISPLAY_H_
