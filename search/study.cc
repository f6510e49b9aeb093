#include "rankadaptor/search/study.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "search/best_configurations.h"
#include "search/confirmation.h"
#include "search/convergence_checker.h"
#include "search/progress_meter.h"
#include "search/sampler.h"
#include "search/scheduler.h"
#include "search/source_studies.h"
#include "search/study_options.h"
#include "search/study_recorder.h"
#include "search/surrogate_quality.h"
#include "search/trial_log.h"

namespace rankadaptor {

using internal::IdBlock;

Status Study::CheckOptions(const StudyOptions& options,
                           const SearchSpace& space) {
  return internal::CheckStudyOptions(options, space);
}

Result<std::unique_ptr<Study>> Study::Create(StudyOptions options,
                                             SearchSpace space,
                                             StudyParts parts) {
  RA_RETURN_IF_ERROR(internal::CheckStudyOptions(options, space));
  RA_RETURN_IF_ERROR(internal::CheckStudyParts(parts));
  return std::unique_ptr<Study>(
      new Study(std::move(options), std::move(space), std::move(parts)));
}

Study::Study(StudyOptions options, SearchSpace space, StudyParts parts)
    : options_(std::move(options)),
      space_(std::move(space)),
      parts_(std::move(parts)),
      scheduler_(std::make_unique<internal::Scheduler>(*parts_.evaluator,
                                                       options_.num_workers,
                                                       parts_.cancellation,
                                                       *parts_.clock)),
      runner_(parts_.runner != nullptr ? *parts_.runner : *scheduler_),
      log_(std::make_unique<internal::TrialLog>(*parts_.store)),
      convergence_(std::make_unique<internal::ConvergenceChecker>(
          options_.convergence_threshold,
          options_.improvement_threshold,
          options_.convergence_rounds)),
      progress_(std::make_unique<internal::ProgressMeter>(
          *parts_.clock, runner_.concurrency())),
      fidelities_(parts_.strategy->fidelities()) {}

Study::~Study() = default;

Result<StudySummary> Study::Run() {
  RA_RETURN_IF_ERROR(log_->Load());
  RA_RETURN_IF_ERROR(Initialise());
  EnterPhase(StudyPhase::kIterate);
  RA_RETURN_IF_ERROR(options_.asynchronous ? IterateAsynchronously()
                                           : Iterate());
  RA_RETURN_IF_ERROR(Converge());
  return Summarise();
}

Status Study::Initialise() {
  for (const auto& [id, trial] : log_->trials()) progress_->Count(trial);
  progress_->Plan(MaxSearchTrials() + MaxConfirmTrials());
  EnterPhase(StudyPhase::kInitialise);
  RA_ASSIGN_OR_RETURN(std::vector<Trial> trials, Evaluate(PlanInitialTrials()));
  RA_RETURN_IF_ERROR(parts_.strategy->MetaLearn(Sources(trials)));
  RA_RETURN_IF_ERROR(parts_.strategy->Observe(trials));
  convergence_->ObserveInitial(trials);
  CountSearchTrials(trials);
  return {};
}

// For the offline phase: what was known before, and what the same trials say
// about other tasks.
std::vector<SourceStudy> Study::Sources(
    const std::vector<Trial>& initial) const {
  std::vector<SourceStudy> sources = options_.sources;
  std::ranges::move(internal::MakeSourceStudies(initial),
                    std::back_inserter(sources));
  return sources;
}

Status Study::Iterate() {
  while (!ReasonToStop()) {
    RA_ASSIGN_OR_RETURN(std::vector<Trial> batch, PlanBatch());
    if (batch.empty()) {
      stop_reason_ = StopReason::kSpaceExhausted;
      break;
    }
    // Stores every trial as it finishes; returns them in trial order,
    // whichever finished first.
    RA_ASSIGN_OR_RETURN(std::vector<Trial> trials, Evaluate(batch));
    RA_RETURN_IF_ERROR(Learn(trials));
  }
  return {};
}

Status Study::Learn(const std::vector<Trial>& trials) {
  RA_RETURN_IF_ERROR(parts_.strategy->Observe(trials));
  const Iteration iteration = convergence_->ObserveRound(trials);
  CountSearchTrials(trials);
  for (StudyObserver* observer : parts_.observers) {
    observer->OnIteration(iteration, progress_->Now());
  }
  return {};
}

Status Study::Converge() {
  EnterPhase(StudyPhase::kConverge);
  RA_ASSIGN_OR_RETURN(std::vector<Suggestion> recommended,
                      parts_.strategy->Recommend(options_.num_recommended));
  candidates_ = internal::MakeCandidates(
      recommended, internal::BestObserved(log_->trials()), options_.baselines);
  RA_RETURN_IF_ERROR(Confirm());
  internal::SummariseConfirmation(ConfirmSeeds(options_), *log_, candidates_);
  return {};
}

// A few seeds for all, then one at a time for those that are still in the race.
Status Study::Confirm() {
  const std::vector<uint64_t> seeds = ConfirmSeeds(options_);
  std::vector<ConfirmedCandidate> in_race = candidates_;
  size_t num_done = 0;
  while (num_done < seeds.size()) {
    const size_t end = std::min(
        seeds.size(), std::max(num_done + 1, internal::kMinConfirmSeeds));
    const std::vector<Trial> planned = internal::PlanConfirmation(
        in_race,
        std::span(seeds).subspan(num_done, end - num_done),
        next_id_,
        *log_);
    const size_t num_later = (seeds.size() - end) * in_race.size();
    progress_->Plan(static_cast<int>(next_id_ + planned.size() + num_later));
    RA_RETURN_IF_ERROR(Evaluate(planned));
    num_done = end;
    in_race =
        internal::StillInRace(in_race, std::span(seeds).first(num_done), *log_);
  }
  return {};
}

Result<StudySummary> Study::Summarise() {
  StudySummary summary;
  summary.stop_reason = *stop_reason_;
  summary.stop_sentence = internal::StopSentence(*stop_reason_, options_);
  summary.max_trials = options_.max_trials;
  for (const auto& [id, trial] : log_->trials()) {
    switch (trial.purpose) {
      case TrialPurpose::kInitial:
        ++summary.num_initial_trials;
        summary.search_cost += trial.fidelity;
        break;
      case TrialPurpose::kSearch:
        ++summary.num_search_trials;
        summary.search_cost += trial.fidelity;
        break;
      case TrialPurpose::kFinalist:
      case TrialPurpose::kBaseline:
        ++summary.num_confirm_trials;
        break;
    }
    if (trial.state != TrialState::kComplete) ++summary.num_failed_trials;
    summary.trial_seconds += trial.duration_seconds;
  }
  summary.surrogate = internal::MeasureSurrogate(log_->trials());
  RA_ASSIGN_OR_RETURN(summary.importance,
                      MeasureImportance(space_, *parts_.strategy));
  summary.best_observed = internal::BestObserved(log_->trials());
  RA_ASSIGN_OR_RETURN(summary.recommended,
                      internal::BestExpected(log_->trials(), *parts_.strategy));
  summary.candidates = candidates_;
  summary.best = internal::BestFinalist(candidates_);
  return summary;
}

bool Study::ReasonToStop() {
  if (stop_reason_) return true;
  if (convergence_->converged()) {
    stop_reason_ = StopReason::kConverged;
  } else if (convergence_->expects_no_improvement()) {
    stop_reason_ = StopReason::kNoImprovement;
  } else if (RemainingBudget() <= 0) {
    stop_reason_ = StopReason::kTrialBudget;
  } else if (search_seconds_ >= options_.time_budget_seconds) {
    stop_reason_ = StopReason::kTimeBudget;
  } else if (options_.stagnation_trials > 0 &&
             convergence_->num_trials_without_gain() >=
                 options_.stagnation_trials) {
    stop_reason_ = StopReason::kStagnation;
  } else if (progress_->Now().elapsed_seconds >= options_.wall_time_seconds) {
    stop_reason_ = StopReason::kWallTime;
  }
  return stop_reason_.has_value();
}

// What was enqueued is measured in full; what is random as short as it may be.
std::vector<Trial> Study::PlanInitialTrials() const {
  std::vector<Trial> planned;
  auto plan = [&](Suggestion suggestion) {
    planned.push_back(PlanTrial(static_cast<int64_t>(planned.size()),
                                TrialPurpose::kInitial,
                                suggestion));
  };
  internal::ConfigurationSet taken;
  for (const Configuration& configuration : options_.enqueued) {
    taken.insert(configuration);
    plan({.configuration = configuration});
  }
  const int num_random = std::max(
      0, options_.num_initial_trials - static_cast<int>(planned.size()));
  RandomStream stream(options_.seed, "initial design");
  for (Configuration& configuration :
       internal::Sampler(space_).SampleDistinct(stream, num_random, taken)) {
    plan({.configuration = std::move(configuration),
          .fidelity = fidelities_.front()});
  }
  return planned;
}

// A batch that is stored as a whole need not be suggested again.
Result<std::vector<Trial>> Study::PlanBatch() {
  const int count =
      std::clamp(static_cast<int>(RemainingBudget()), 1, options_.batch_size);
  const IdBlock block = log_->NextSearchBlock(next_id_, count);
  next_id_ = block.first;
  std::vector<Suggestion> suggestions = log_->StoredSuggestions(block);
  if (suggestions.empty()) {
    RA_ASSIGN_OR_RETURN(suggestions, parts_.strategy->Suggest(block.count));
  }
  std::vector<Trial> planned;
  for (const Suggestion& suggestion : suggestions) {
    RA_RETURN_IF_ERROR(space_.Validate(suggestion.configuration));
    const int64_t id = next_id_ + static_cast<int64_t>(planned.size());
    planned.push_back(PlanTrial(id, TrialPurpose::kSearch, suggestion));
  }
  return planned;
}

Trial Study::PlanTrial(int64_t id,
                       TrialPurpose purpose,
                       const Suggestion& suggestion) const {
  Trial trial;
  trial.id = id;
  trial.purpose = purpose;
  trial.configuration = suggestion.configuration;
  trial.fidelity = suggestion.fidelity;
  trial.predicted = suggestion.predicted;
  trial.deviation = suggestion.deviation;
  trial.expected_improvement = suggestion.expected_improvement;
  trial.seed = EvaluationSeed(id);
  return trial;
}

Result<std::vector<Trial>> Study::Evaluate(const std::vector<Trial>& planned) {
  if (parts_.cancellation != nullptr && parts_.cancellation->cancelled()) {
    return Explained(Error{ErrorCode::kCancelled, ""});
  }
  std::vector<Trial> missing;
  for (const Trial& trial : planned) {
    const Trial* stored = log_->Find(trial.id);
    if (stored == nullptr) {
      missing.push_back(trial);
    } else {
      RA_RETURN_IF_ERROR(CheckIsPlanned(*stored, trial));
    }
  }
  Recorder recorder(*this);
  if (Status status = runner_.Evaluate(missing, recorder); !status) {
    return Explained(status.error());
  }
  next_id_ += static_cast<int64_t>(planned.size());
  std::vector<Trial> evaluated;
  for (const Trial& trial : planned) evaluated.push_back(*log_->Find(trial.id));
  return evaluated;
}

// The store must hold what this study would have done.
Status Study::CheckIsPlanned(const Trial& stored, const Trial& planned) const {
  const bool same = stored.purpose == planned.purpose &&
                    stored.configuration == planned.configuration &&
                    stored.seed == planned.seed &&
                    stored.fidelity == planned.fidelity &&
                    stored.split == planned.split;
  if (same) return {};
  return FailedPrecondition(
      "trial " + std::to_string(stored.id) + " in the store is a " +
      TrialPurposeName(stored.purpose) +
      " trial that this study would not have made: the store belongs to a "
      "study with another space, seed or other options");
}

tl::unexpected<Error> Study::Explained(Error error) const {
  if (error.code != ErrorCode::kCancelled) {
    return tl::make_unexpected(std::move(error));
  }
  return Cancelled("the study was stopped after " +
                   std::to_string(log_->trials().size()) +
                   " trials; all of them are in the store, and running the "
                   "study again goes on from there");
}

uint64_t Study::EvaluationSeed(int64_t trial_id) const {
  return DeriveSeed(
      options_.seed,
      "evaluation",
      options_.independent_seeds ? static_cast<uint64_t>(trial_id) : 0);
}

std::vector<uint64_t> Study::ConfirmSeeds(const StudyOptions& options) {
  std::vector<uint64_t> seeds;
  for (int i = 0; i < options.num_confirm_seeds; ++i) {
    seeds.push_back(
        DeriveSeed(options.seed, "confirm", static_cast<uint64_t>(i)));
  }
  return seeds;
}

// In full trials, beside those that run; rounding errors of fidelities that add
// up to what was allowed leave nothing.
double Study::RemainingBudget(double running_cost) const {
  const double remaining = options_.max_trials - search_cost_ - running_cost;
  return remaining > 1e-9 * options_.max_trials ? remaining + 1e-9 : 0;
}

int Study::MaxSearchTrials() const {
  return static_cast<int>(
      std::min(std::ceil(options_.max_trials / fidelities_.front()), 1e9));
}

int Study::MaxConfirmTrials() const {
  const auto num_baselines = static_cast<int>(options_.baselines.size());
  return (options_.num_recommended + 1 + num_baselines) *
         options_.num_confirm_seeds;
}

// Workers share a batch, so its trials' seconds pass several at a time.
void Study::CountSearchTrials(const std::vector<Trial>& trials) {
  double seconds = 0;
  for (const Trial& trial : trials) {
    seconds += trial.duration_seconds;
    search_cost_ += trial.fidelity;
  }
  const int side_by_side =
      options_.asynchronous
          ? runner_.concurrency()
          : std::clamp(
                static_cast<int>(trials.size()), 1, runner_.concurrency());
  search_seconds_ += seconds / side_by_side;
}

void Study::EnterPhase(StudyPhase phase) {
  progress_->EnterPhase(phase);
  for (StudyObserver* observer : parts_.observers) {
    observer->OnPhase(phase, progress_->Now());
  }
}

}  // namespace rankadaptor
