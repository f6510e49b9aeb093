// What a study does with trials while they are evaluated.
#ifndef RANKADAPTOR_SEARCH_STUDY_RECORDER_H_
#define RANKADAPTOR_SEARCH_STUDY_RECORDER_H_

#include <string>

#include "rankadaptor/search/study.h"
#include "rankadaptor/search/trial_runner.h"

#include "search/progress_meter.h"
#include "search/trial_log.h"

namespace rankadaptor {

// Writes each finished trial to the store, then tells the observers.
class Study::Recorder : public TrialListener {
 public:
  explicit Recorder(Study& study) : study_(study) {}

  void TrialStarted(const Trial& trial) override {
    for (StudyObserver* observer : study_.parts_.observers) {
      observer->OnTrialStarted(trial, study_.progress_->Now());
    }
  }

  void TrialReported(const Trial& trial,
                     double fraction_done,
                     double value) override {
    for (StudyObserver* observer : study_.parts_.observers) {
      observer->OnTrialReport(trial, fraction_done, value);
    }
  }

  Status TrialFinished(const Trial& trial) override {
    RA_RETURN_IF_ERROR(study_.log_->Append(trial));
    study_.progress_->Count(trial);
    if (trial.state != TrialState::kComplete) {
      study_.parts_.log->Write(LogLevel::kWarning,
                               "trial " + std::to_string(trial.id) + " is " +
                                   TrialStateName(trial.state) + ": " +
                                   trial.reason);
    }
    for (StudyObserver* observer : study_.parts_.observers) {
      observer->OnTrialFinished(trial, study_.progress_->Now());
    }
    return {};
  }

 private:
  Study& study_;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_STUDY_RECORDER_H_
