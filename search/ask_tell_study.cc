#include "rankadaptor/search/ask_tell_study.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "search/space_relation.h"

namespace rankadaptor {
namespace {

// Models square scores. Beyond these sizes the scores of a study are scaled by
// a power of two, which is exact, and what is that far from the first score is
// told as if it were that large.
constexpr double kLargest = 1e100;
constexpr double kSmallest = 1e-100;

// 0 for usual sizes, so that nothing is changed.
int ScaleExponent(double value) {
  const double size = std::abs(value);
  const bool usual = size == 0 || (size >= kSmallest && size <= kLargest);
  return usual ? 0 : std::ilogb(size);
}

double Scaled(double value, int exponent) {
  return std::clamp(std::scalbn(value, -exponent), -kLargest, kLargest);
}

// A source's unit is its own.
void ScaleSource(SourceStudy& source) {
  double largest = 0;
  for (double value : source.values) {
    largest = std::max(largest, std::abs(value));
  }
  for (double& value : source.values) {
    value = Scaled(value, ScaleExponent(largest));
  }
}

Status CheckOptions(const AskTellOptions& options) {
  if (options.store == nullptr) {
    return InvalidArgument("an ask/tell study needs a store, none was given");
  }
  if (options.strategy == nullptr) {
    return InvalidArgument(
        "an ask/tell study needs a strategy, none was given");
  }
  return {};
}

Status CheckIsOfSpace(const SearchSpace& space, const Trial& trial) {
  if (Status s = space.Validate(trial.configuration); !s) {
    return FailedPrecondition("the store is of another search space: trial " +
                              std::to_string(trial.id) + ": " +
                              s.error().message);
  }
  return {};
}

std::string TrialName(int64_t id) { return "trial " + std::to_string(id); }

}  // namespace

AskTellStudy::AskTellStudy(SearchSpace space, AskTellOptions options)
    : space_(std::move(space)),
      store_(options.store),
      strategy_(std::move(options.strategy)),
      direction_(options.direction) {}

Result<std::unique_ptr<AskTellStudy>> AskTellStudy::Create(
    SearchSpace space, AskTellOptions options) {
  RA_RETURN_IF_ERROR(CheckOptions(options));
  RA_RETURN_IF_ERROR(internal::CheckSources(options.sources, space));
  std::vector<SourceStudy> sources = std::move(options.sources);
  std::unique_ptr<AskTellStudy> study(
      new AskTellStudy(std::move(space), std::move(options)));
  for (SourceStudy& source : sources) {
    for (double& value : source.values) value = study->Signed(value);
    ScaleSource(source);
  }
  if (!sources.empty()) {
    RA_RETURN_IF_ERROR(study->strategy_->MetaLearn(sources));
  }
  RA_RETURN_IF_ERROR(study->Replay());
  return study;
}

// The results are told again in the order in which they came, at the next
// Ask(), as they would have been.
Status AskTellStudy::Replay() {
  RA_ASSIGN_OR_RETURN(std::vector<Trial> finished, store_->LoadTrials());
  RA_ASSIGN_OR_RETURN(std::vector<int64_t> order, store_->LoadAppendOrder());
  RA_ASSIGN_OR_RETURN(std::vector<Trial> asked, store_->LoadAsked());
  std::map<int64_t, Trial> by_id;
  for (Trial& trial : finished) {
    RA_RETURN_IF_ERROR(CheckIsOfSpace(space_, trial));
    next_id_ = std::max(next_id_, trial.id + 1);
    by_id.emplace(trial.id, std::move(trial));
  }
  for (int64_t id : order) {
    auto trial = by_id.find(id);
    if (trial == by_id.end()) {
      return DataLoss("the store has the order of " + TrialName(id) +
                      ", but not the trial, or has it twice");
    }
    places_.emplace(id, told_.size());
    told_.push_back(std::move(trial->second));
    by_id.erase(trial);
  }
  if (!by_id.empty()) {
    return DataLoss("the store has " + TrialName(by_id.begin()->first) +
                    ", but not its order");
  }
  for (Trial& trial : asked) {
    RA_RETURN_IF_ERROR(CheckIsOfSpace(space_, trial));
    next_id_ = std::max(next_id_, trial.id + 1);
    to_mark_.push_back(trial.id);
    to_hand_out_.push_back(trial.id);
    open_.emplace(trial.id, std::move(trial));
  }
  return {};
}

Result<std::vector<AskedTrial>> AskTellStudy::Ask(int count) {
  if (count < 1) {
    return InvalidArgument("count = " + std::to_string(count) +
                           " is not positive");
  }
  if (to_hand_out_.empty()) RA_RETURN_IF_ERROR(PlanTrials(count));
  std::vector<AskedTrial> asked;
  while (!to_hand_out_.empty() && static_cast<int>(asked.size()) < count) {
    const int64_t id = to_hand_out_.front();
    to_hand_out_.pop_front();
    const Trial& trial = open_.at(id);
    asked.push_back({id, trial.configuration, trial.fidelity});
  }
  return asked;
}

// What could not be stored is kept, because the strategy takes it for asked.
Status AskTellStudy::PlanTrials(int count) {
  if (planned_.empty()) {
    RA_RETURN_IF_ERROR(LearnFromTold());
    RA_ASSIGN_OR_RETURN(planned_, strategy_->Suggest(count));
  }
  std::vector<Trial> trials;
  for (const Suggestion& suggestion : planned_) {
    Trial& trial = trials.emplace_back();
    trial.id = next_id_ + static_cast<int64_t>(trials.size()) - 1;
    trial.configuration = suggestion.configuration;
    trial.fidelity = suggestion.fidelity;
    trial.predicted = Unscaled(suggestion.predicted);
    trial.deviation = Unscaled(suggestion.deviation);
    trial.expected_improvement = Unscaled(suggestion.expected_improvement);
  }
  RA_RETURN_IF_ERROR(store_->AppendAsked(trials));
  planned_.clear();
  next_id_ += static_cast<int64_t>(trials.size());
  for (Trial& trial : trials) {
    to_hand_out_.push_back(trial.id);
    open_.emplace(trial.id, std::move(trial));
  }
  return {};
}

Result<int64_t> AskTellStudy::Enqueue(const Configuration& configuration) {
  RA_RETURN_IF_ERROR(space_.Validate(configuration));
  Trial trial;
  trial.id = next_id_;
  trial.configuration = configuration;
  RA_RETURN_IF_ERROR(store_->AppendAsked(std::span(&trial, 1)));
  to_mark_.push_back(trial.id);
  to_hand_out_.push_back(trial.id);
  open_.emplace(trial.id, std::move(trial));
  return next_id_++;
}

Status AskTellStudy::CheckOpen(int64_t id) const {
  if (places_.contains(id)) {
    return AlreadyExists(TrialName(id) + " was told already");
  }
  if (!open_.contains(id)) {
    return NotFound(TrialName(id) + " was not asked; " +
                    (next_id_ == 0
                         ? "none was yet"
                         : "ids are 0 to " + std::to_string(next_id_ - 1)));
  }
  return {};
}

Status AskTellStudy::Tell(int64_t id,
                          double score,
                          std::optional<double> fidelity) {
  RA_RETURN_IF_ERROR(CheckOpen(id));
  if (!std::isfinite(score)) {
    return InvalidArgument("the score of " + TrialName(id) + ", " +
                           std::to_string(score) +
                           ", is not finite; tell the trial as failed");
  }
  Trial trial = open_.at(id);
  if (fidelity) {
    const std::vector<double> known = fidelities();
    if (std::ranges::find(known, *fidelity) == known.end()) {
      return InvalidArgument("the fidelity of " + TrialName(id) + ", " +
                             std::to_string(*fidelity) +
                             ", is not one of the study's");
    }
    trial.fidelity = *fidelity;
  }
  trial.state = TrialState::kComplete;
  trial.measurement.objective = Signed(score);
  return Finish(std::move(trial));
}

Status AskTellStudy::TellFailed(int64_t id, std::string reason) {
  RA_RETURN_IF_ERROR(CheckOpen(id));
  Trial trial = open_.at(id);
  trial.state = TrialState::kFailed;
  trial.reason = std::move(reason);
  return Finish(std::move(trial));
}

Status AskTellStudy::Finish(Trial trial) {
  RA_RETURN_IF_ERROR(store_->AppendTrial(trial));
  const int64_t id = trial.id;
  open_.erase(id);
  std::erase(to_hand_out_, id);
  places_.emplace(id, told_.size());
  told_.push_back(std::move(trial));
  return {};
}

// One at a time, so that it does not matter when they were told.
Status AskTellStudy::LearnFromTold() {
  for (; num_learned_ < told_.size(); ++num_learned_) {
    Trial trial = told_[num_learned_];
    double& objective = trial.measurement.objective;
    if (trial.state == TrialState::kComplete) {
      if (!scale_exponent_ && objective != 0) {
        scale_exponent_ = ScaleExponent(objective);
      }
      objective = Scaled(objective, scale_exponent_.value_or(0));
    }
    RA_RETURN_IF_ERROR(strategy_->Observe(std::span(&trial, 1)));
  }
  std::vector<Suggestion> pending;
  for (int64_t id : std::exchange(to_mark_, {})) {
    auto trial = open_.find(id);
    if (trial == open_.end()) continue;
    pending.push_back({.configuration = trial->second.configuration,
                       .fidelity = trial->second.fidelity});
  }
  strategy_->MarkPending(pending);
  return {};
}

std::vector<Trial> AskTellStudy::Told() const {
  std::vector<Trial> told = told_;
  for (Trial& trial : told) {
    double& objective = trial.measurement.objective;
    if (trial.state == TrialState::kComplete) objective = Signed(objective);
  }
  return told;
}

Result<BestTrials> AskTellStudy::Best() {
  RA_RETURN_IF_ERROR(LearnFromTold());
  BestTrials best;
  for (const Trial& trial : told_) {
    if (trial.state != TrialState::kComplete || trial.fidelity < 1) continue;
    const double score = trial.measurement.objective;
    if (best.observed && Signed(best.observed->score) >= score) continue;
    best.observed = {trial.id, trial.configuration, Signed(score)};
  }
  if (!best.observed) return best;
  RA_ASSIGN_OR_RETURN(std::vector<Suggestion> recommended,
                      strategy_->Recommend(1));
  if (recommended.empty()) return best;
  best.recommended = {.configuration = recommended[0].configuration};
  if (auto predicted = Unscaled(recommended[0].predicted)) {
    best.recommended->predicted = Signed(*predicted);
  }
  auto tried = std::ranges::find(
      told_, best.recommended->configuration, &Trial::configuration);
  if (tried != told_.end()) best.recommended->id = tried->id;
  return best;
}

Result<std::vector<ParameterImportance>> AskTellStudy::Importance() {
  RA_RETURN_IF_ERROR(LearnFromTold());
  return MeasureImportance(space_, *strategy_);
}

// The engine maximises; its own inverse.
double AskTellStudy::Signed(double score) const {
  return direction_ == Direction::kMaximize ? score : -score;
}

std::optional<double> AskTellStudy::Unscaled(
    std::optional<double> value) const {
  if (!value) return {};
  const double unscaled = std::scalbn(*value, scale_exponent_.value_or(0));
  return std::isfinite(unscaled) ? std::optional(unscaled) : std::nullopt;
}

}  // namespace rankadaptor
