// A small study on a known function, and what happened in it.
#ifndef RANKADAPTOR_TESTS_UNIT_SEARCH_STUDY_FIXTURE_H_
#define RANKADAPTOR_TESTS_UNIT_SEARCH_STUDY_FIXTURE_H_

#include <algorithm>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/strategy_factory.h"
#include "rankadaptor/search/study.h"

#include "tests/support/search_fakes.h"

namespace rankadaptor::testing {

// 5 parameters of 4 choices; batches of 3: trials 0-3 initial, 4-9 search.
inline StudyOptions SmallStudy() {
  StudyOptions options;
  options.seed = 7;
  options.num_initial_trials = 4;
  options.max_trials = 10;
  options.batch_size = 3;
  options.convergence_rounds = 0;
  options.num_confirm_seeds = 2;
  options.baselines = {{"low", {{0, 0, 0, 0, 0}}}, {"mid", {{1, 1, 1, 1, 1}}}};
  return options;
}

inline SearchSpace SmallSpace() { return MakeSpace(5, 4); }

// Higher choices are better; the noise belongs to configuration and seed. Every
// seventh configuration fails.
inline Result<Measurement> Measure(const Configuration& x, uint64_t seed) {
  double sum = 0;
  uint64_t hash = seed;
  for (int32_t choice : x.choices) {
    sum += choice;
    hash = DeriveSeed(hash, "noise", static_cast<uint64_t>(choice));
  }
  if (hash % 7 == 3) return ResourceExhausted("out of luck");
  const double noise = static_cast<double>(hash % 1000) / 1000;
  return Measurement{.objective = sum + noise,
                     .metrics = {{"sum", sum}, {"noise", noise}}};
}

inline std::unique_ptr<Strategy> MakeSmallStrategy(
    std::string_view name = "paper", const SearchSpace& space = SmallSpace()) {
  StrategyOptions options{
      .seed = 7, .num_candidates = 300, .num_final_candidates = 600};
  options.make_performance_model = [](int num_features, uint64_t) {
    return Result<std::unique_ptr<surrogate::PerformanceModel>>(
        std::make_unique<KernelModel>(num_features));
  };
  return MakeStrategy(name, space, options).value();
}

// What a study was run with and what came out.
struct StudyRun {
  Result<StudySummary> summary;
  std::vector<Trial> trials;    // in the store afterwards, by id
  std::set<int64_t> evaluated;  // in this run
};

// Runs the study on a store that holds `stored`; time stands still. Cancels
// once `cancel_after` trials were evaluated.
inline StudyRun RunStudy(const StudyOptions& options,
                         const std::vector<Trial>& stored = {},
                         int cancel_after = 1 << 30,
                         std::string_view strategy = "paper") {
  MemoryStore store;
  for (const Trial& trial : stored) (void)store.AppendTrial(trial);
  ManualClock clock;
  CancellationFlag cancellation;
  std::mutex mutex;
  std::set<int64_t> evaluated;
  FunctionEvaluator evaluator([&](const Configuration& x, TrialContext& trial) {
    std::lock_guard lock(mutex);
    evaluated.insert(trial.trial_id());
    if (static_cast<int>(evaluated.size()) >= cancel_after) {
      cancellation.Cancel();
    }
    return Measure(x, trial.seed());
  });
  auto study = Study::Create(options,
                             SmallSpace(),
                             {.evaluator = &evaluator,
                              .store = &store,
                              .strategy = MakeSmallStrategy(strategy),
                              .cancellation = &cancellation,
                              .clock = &clock});
  auto summary = (*study)->Run();
  return {std::move(summary), store.LoadTrials().value(), evaluated};
}

// A study whose parts a test replaces one by one.
class StudyTest : public ::testing::Test {
 protected:
  Result<StudySummary> Run(SearchSpace space = SmallSpace()) {
    FunctionEvaluator evaluator(function_);
    auto study = Study::Create(
        options_,
        space,
        {.evaluator = &evaluator,
         .store = &store_,
         .strategy = strategy_ ? std::move(strategy_)
                               : MakeSmallStrategy("paper", space),
         .cancellation = &cancellation_,
         .clock = &clock_,
         .observers = observers_});
    if (!study) return tl::make_unexpected(study.error());
    return (*study)->Run();
  }

  std::vector<Trial> Trials(TrialPurpose purpose) {
    std::vector<Trial> trials = store_.LoadTrials().value();
    std::erase_if(trials, [&](const Trial& t) { return t.purpose != purpose; });
    return trials;
  }

  StudyOptions options_ = SmallStudy();
  MemoryStore store_;
  ManualClock clock_;
  CancellationFlag cancellation_;
  std::unique_ptr<Strategy> strategy_;
  std::vector<StudyObserver*> observers_;
  FunctionEvaluator::Function function_ = [](const Configuration& x,
                                             TrialContext& trial) {
    return Measure(x, trial.seed());
  };
};

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_UNIT_SEARCH_STUDY_FIXTURE_H_
