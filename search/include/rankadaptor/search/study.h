// A Study searches a space for the configuration with the highest objective, in
// the paper's three phases (section 3.3): initialise with random trials and
// meta-learning, iterate (suggest, evaluate, learn) until predictions converge,
// and choose the best of a large pool. What it chose is then confirmed with
// fresh seeds beside the baselines, because one measurement is mostly noise.
//
//   StudyOptions options;
//   options.max_trials = 40;
//   options.baselines = {{"uniform 8", uniform_8}};
//   RA_ASSIGN_OR_RETURN(auto strategy, MakeStrategy("paper", space, {...}));
//   RA_ASSIGN_OR_RETURN(auto study,
//                       Study::Create(options, space,
//                                     {.evaluator = &evaluator,
//                                      .store = &store,
//                                      .strategy = std::move(strategy)}));
//   RA_ASSIGN_OR_RETURN(StudySummary summary, study->Run());
//
// The result is a function of options, space, evaluator and strategy: neither
// the number of workers nor the order in which trials finish matters, and a
// study that was killed and is run again on its store ends as if nothing had
// happened. Only limits on time and StudyOptions::asynchronous give this up.
//
// One thread at a time.
#ifndef RANKADAPTOR_SEARCH_STUDY_H_
#define RANKADAPTOR_SEARCH_STUDY_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/common/cancellation.h"
#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/log.h"
#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/store.h"
#include "rankadaptor/search/strategy.h"
#include "rankadaptor/search/study_observer.h"
#include "rankadaptor/search/study_summary.h"
#include "rankadaptor/search/trial_runner.h"

namespace rankadaptor {

// A configuration to compare with, e.g. uniform ranks. It may break the budget.
struct Baseline {
  std::string label;  // not empty, unique
  Configuration configuration;
};

struct StudyOptions {
  // Everything random in the study derives from this.
  uint64_t seed = 0;

  // Random trials before the first suggestion. More of them make a better first
  // model and a better meta-model; they are not directed.
  int num_initial_trials = 10;

  // Initial and search trials together, at most: in full ones. Where the
  // strategy screens (Strategy::fidelities()), a trial counts as much as it
  // costs, and the last one may exceed what is left.
  int max_trials = 40;

  // Configurations to try before anything else, as full initial trials; random
  // ones make them up to num_initial_trials. They keep the constraints.
  std::vector<Configuration> enqueued;

  // Past studies of this space or of related ones, larger values being better,
  // that the strategy learns from after the initial trials.
  std::vector<SourceStudy> sources;

  // Trials suggested together. Part of the result: raise it to the number of
  // workers, at the price of suggestions made with less knowledge.
  int batch_size = 1;

  // Trials evaluated at the same time, 1 if the evaluator is not thread-safe.
  // Not part of the result.
  int num_workers = 1;

  // Suggests a trial whenever a worker is free, the strategy knowing what is
  // being evaluated, instead of waiting for a batch: no worker idles where
  // trials take different times. Gives up repeatability: what is tried depends
  // on the order in which trials finish. A killed study goes on with all its
  // trials, those that ran first.
  bool asynchronous = false;

  // Converged once |Q - P| was at most `convergence_threshold` times the
  // standard deviation of the initial trials' objectives (relative, so that it
  // means the same for accuracies and losses; of all trials, while fewer than
  // two initial ones completed) for `convergence_rounds` rounds in a row. In a
  // batch the worst prediction counts. 0 rounds: never converges.
  double convergence_threshold = 0.25;
  int convergence_rounds = 3;

  // Stops once the largest improvement that the strategy expects anywhere
  // (Suggestion::expected_improvement) was at most this many of the same
  // standard deviations for `convergence_rounds` rounds in a row. 0: goes on.
  // In a batch the largest counts; strategies without a model never stop so.
  double improvement_threshold = 0;

  // Seconds that evaluating initial and search trials may take, checked between
  // batches; those of resumed trials count. Convergence is not limited.
  double time_budget_seconds = std::numeric_limits<double>::infinity();

  // Stops once this many search trials in a row were no better than the best
  // before them, failed ones included. 0: goes on.
  int stagnation_trials = 0;

  // Seconds of wall time that the initial and search trials of a run may take,
  // strategy and store included; checked between batches. A resumed study has
  // them anew.
  double wall_time_seconds = std::numeric_limits<double>::infinity();

  // By default all initial and search trials share one evaluation seed (common
  // random numbers), so that differences between configurations are not
  // differences between seeds. True gives every trial a seed of its own.
  bool independent_seeds = false;

  // Finalists taken from the strategy's recommendation; the best observed
  // configuration is always one more.
  int num_recommended = 1;

  // Fresh seeds, at most, the same for every finalist and baseline. From the
  // third on, a finalist that is worse than the leading one beyond doubt (99 %
  // confidence, paired by seed) is not repeated any more.
  int num_confirm_seeds = 3;

  // Evaluated in the convergence phase only. The first is what the finalists
  // are compared with.
  std::vector<Baseline> baselines;
};

// What a study works with. What is borrowed must outlive the Study. Without a
// runner the evaluator is called here, by `num_workers` threads.
struct StudyParts {
  Evaluator* evaluator = nullptr;                  // borrowed, required
  Store* store = nullptr;                          // borrowed, required
  TrialRunner* runner = nullptr;                   // borrowed
  std::unique_ptr<Strategy> strategy;              // required
  const CancellationFlag* cancellation = nullptr;  // borrowed
  const Clock* clock = &SystemClock();             // borrowed
  LogSink* log = &NullLogSink();                   // borrowed
  std::vector<StudyObserver*> observers;           // borrowed
};

namespace internal {
class ConvergenceChecker;
class ProgressMeter;
class Scheduler;
class TrialLog;
}  // namespace internal

class Study {
 public:
  // kInvalidArgument names the option that is out of range or the baseline that
  // is not of the space. Create() checks the same; this is for programs that
  // would do expensive work before.
  static Status CheckOptions(const StudyOptions& options,
                             const SearchSpace& space);

  // Of the confirmation trials; for measuring by the same seeds what is not of
  // the space.
  static std::vector<uint64_t> ConfirmSeeds(const StudyOptions& options);

  // As CheckOptions(); also kInvalidArgument if a part is missing.
  static Result<std::unique_ptr<Study>> Create(StudyOptions options,
                                               SearchSpace space,
                                               StudyParts parts);
  Study(const Study&) = delete;
  Study& operator=(const Study&) = delete;
  ~Study();

  // Runs the study to its end, from wherever the store says it stands. Call
  // once. Returns
  //  - kCancelled: the cancellation flag was set; every finished trial is in
  //    the store, and another study on it goes on from there;
  //  - kFailedPrecondition: the store holds trials of another study (other
  //    options, space or seed);
  //  - what the store or the strategy returned.
  // Failed trials are not errors: if all fail, the summary has no best.
  Result<StudySummary> Run();

 private:
  class Recorder;
  class AsynchronousSearch;

  Study(StudyOptions options, SearchSpace space, StudyParts parts);

  Status Initialise();
  Status Iterate();
  Status IterateAsynchronously();
  Status Learn(const std::vector<Trial>& trials);
  Status Converge();
  Status Confirm();
  Result<StudySummary> Summarise();
  bool ReasonToStop();

  // Trials to evaluate, with ids and seeds.
  std::vector<Trial> PlanInitialTrials() const;
  Result<std::vector<Trial>> PlanBatch();
  Trial PlanTrial(int64_t id,
                  TrialPurpose purpose,
                  const Suggestion& suggestion) const;

  // Evaluates what the store does not have yet; returns all in order.
  Result<std::vector<Trial>> Evaluate(const std::vector<Trial>& planned);
  Status CheckIsPlanned(const Trial& stored, const Trial& planned) const;
  tl::unexpected<Error> Explained(Error error) const;

  uint64_t EvaluationSeed(int64_t trial_id) const;
  std::vector<SourceStudy> Sources(const std::vector<Trial>& initial) const;
  double RemainingBudget(double running_cost = 0) const;
  int MaxSearchTrials() const;
  int MaxConfirmTrials() const;
  void CountSearchTrials(const std::vector<Trial>& trials);
  void EnterPhase(StudyPhase phase);

  const StudyOptions options_;
  const SearchSpace space_;
  const StudyParts parts_;
  const std::unique_ptr<internal::Scheduler> scheduler_;
  TrialRunner& runner_;
  const std::unique_ptr<internal::TrialLog> log_;
  const std::unique_ptr<internal::ConvergenceChecker> convergence_;
  const std::unique_ptr<internal::ProgressMeter> progress_;
  const std::vector<double> fidelities_;  // of the strategy

  int64_t next_id_ = 0;
  double search_cost_ = 0;     // of initial and search trials, in full ones
  double search_seconds_ = 0;  // that these took, workers in parallel
  std::optional<StopReason> stop_reason_;
  std::vector<ConfirmedCandidate> candidates_;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_STUDY_H_
