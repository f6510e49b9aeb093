// The iteration phase without batches: every free worker gets a trial of its
// own (StudyOptions::asynchronous).
#include <algorithm>
#include <deque>
#include <utility>

#include "search/convergence_checker.h"
#include "search/study_recorder.h"

namespace rankadaptor {

// Decides trials while others run, and learns from each as it finishes. Trials
// are in the store before they start, so that a killed study knows them.
class Study::AsynchronousSearch final : public Study::Recorder,
                                        public TrialSource {
 public:
  explicit AsynchronousSearch(Study& study) : Recorder(study), study_(study) {}

  // Tells the strategy what the store has, in the order in which it came, and
  // takes up what was being evaluated.
  Status Replay() {
    Store& store = *study_.parts_.store;
    RA_ASSIGN_OR_RETURN(std::vector<int64_t> order, store.LoadAppendOrder());
    RA_ASSIGN_OR_RETURN(std::vector<Trial> asked, store.LoadAsked());
    for (int64_t id : order) {
      const Trial* trial = study_.log_->Find(id);
      if (trial == nullptr || trial->purpose != TrialPurpose::kSearch) continue;
      RA_RETURN_IF_ERROR(study_.Learn({*trial}));
    }
    if (!study_.log_->trials().empty()) {
      next_id_ = study_.log_->trials().rbegin()->first + 1;
    }
    for (Trial& trial : asked) {
      next_id_ = std::max(next_id_, trial.id + 1);
      MarkPending(trial);
      waiting_.push_back(std::move(trial));
    }
    return {};
  }

  Result<std::optional<Trial>> Next() override {
    if (study_.ReasonToStop()) return std::optional<Trial>();
    if (!waiting_.empty()) {
      Trial trial = std::move(waiting_.front());
      waiting_.pop_front();
      running_cost_ += trial.fidelity;
      return std::optional(std::move(trial));
    }
    if (study_.RemainingBudget(running_cost_) <= 0) {
      return std::optional<Trial>();
    }
    RA_ASSIGN_OR_RETURN(std::vector<Suggestion> suggestions,
                        study_.parts_.strategy->Suggest(1));
    if (suggestions.empty()) return std::optional<Trial>();
    RA_RETURN_IF_ERROR(study_.space_.Validate(suggestions[0].configuration));
    Trial trial =
        study_.PlanTrial(next_id_++, TrialPurpose::kSearch, suggestions[0]);
    RA_RETURN_IF_ERROR(study_.parts_.store->AppendAsked(std::span(&trial, 1)));
    running_cost_ += trial.fidelity;
    return std::optional(std::move(trial));
  }

  Status TrialFinished(const Trial& trial) override {
    RA_RETURN_IF_ERROR(Recorder::TrialFinished(trial));
    running_cost_ -= trial.fidelity;
    return study_.Learn({trial});
  }

 private:
  void MarkPending(const Trial& trial) {
    const Suggestion pending{.configuration = trial.configuration,
                             .fidelity = trial.fidelity};
    study_.parts_.strategy->MarkPending(std::span(&pending, 1));
  }

  Study& study_;
  std::deque<Trial> waiting_;  // of an earlier run
  int64_t next_id_ = 0;
  double running_cost_ = 0;
};

Status Study::IterateAsynchronously() {
  AsynchronousSearch search(*this);
  RA_RETURN_IF_ERROR(search.Replay());
  if (Status done = runner_.Evaluate(search, search); !done) {
    return Explained(done.error());
  }
  // The strategy had nothing left to suggest.
  if (!ReasonToStop()) stop_reason_ = StopReason::kSpaceExhausted;
  for (const auto& [id, trial] : log_->trials()) {
    if (!internal::IsConfirmation(trial)) next_id_ = id + 1;
  }
  return {};
}

}  // namespace rankadaptor
