// The paper's search as a whole on a known function.
#include <gmock/gmock.h>
#include <tbb/global_control.h>

#include "rankadaptor/search/strategy_factory.h"
#include "rankadaptor/search/study.h"
#include "rankadaptor/surrogate/mlp_model.h"
#include "rankadaptor/synthetic/synthetic_evaluator.h"

namespace rankadaptor {
namespace {

struct Outcome {
  StudySummary summary;
  std::vector<Trial> trials;
};

Outcome Search(std::string_view strategy, size_t num_threads = 2) {
  auto evaluator = synthetic::SyntheticEvaluator::Create(
                       {.problem = {.family = synthetic::BenchmarkFamily::kXfer,
                                    .num_layers = 12}})
                       .value();
  StrategyOptions strategy_options{
      .seed = 5, .num_candidates = 20000, .num_final_candidates = 20000};
  strategy_options.make_performance_model = [](int num_features,
                                               uint64_t seed) {
    return surrogate::MakeMlpModel(num_features, {.seed = seed});
  };
  StudyOptions options;
  options.seed = 5;
  options.num_initial_trials = 12;
  options.max_trials = 30;
  options.convergence_rounds = 0;
  options.num_confirm_seeds = 1;
  MemoryStore store;
  const SearchSpace space = evaluator->space();
  auto study =
      Study::Create(
          options,
          space,
          {.evaluator = evaluator.get(),
           .store = &store,
           .strategy = MakeStrategy(strategy, space, strategy_options).value()})
          .value();
  Outcome outcome;
  tbb::global_control threads(tbb::global_control::max_allowed_parallelism,
                              num_threads);
  outcome.summary = study->Run().value();
  outcome.trials = store.LoadTrials().value();
  for (Trial& trial : outcome.trials) trial.duration_seconds = 0;
  return outcome;
}

TEST(MlpSearch, FindsBetterConfigurationsThanRandomSearch) {
  const double paper =
      Search("paper").summary.best_observed->measurement.objective;
  const double random =
      Search("random").summary.best_observed->measurement.objective;
  EXPECT_GT(paper, random);
}

TEST(MlpSearch, NumberOfThreadsDoesNotMatter) {
  EXPECT_EQ(Search("paper", 1).trials, Search("paper", 8).trials);
}

}  // namespace
}  // namespace rankadaptor
