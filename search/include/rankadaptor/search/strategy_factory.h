// Makes search strategies by name:
//
//   structured       the engine's own: a Gaussian process that learns which
//                    parameters matter and interact; needs nothing else
//   paper            the paper's: a performance model scores many random
//                    candidates and the best unseen one is tried (section 3.3)
//   mlp              an ensemble of the paper's performance models, trained as
//                    nonlinear least squares, with an uncertainty, searched by
//                    changing one level at a time; needs nothing else
//   random           random configurations
//   latin_hypercube  random configurations, every choice equally often
//   local_search     hill climbing by single changes, with restarts
//   evolutionary     a small genetic algorithm
//   proportional     the budget spread in proportion to given weights, then
//                    random configurations: no search at all
//
// All but the first three are baselines and have no model.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SEARCH_STRATEGY_FACTORY_H_
#define RANKADAPTOR_SEARCH_STRATEGY_FACTORY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/strategy.h"
#include "rankadaptor/surrogate/performance_model.h"

namespace rankadaptor {

// Makes a model for rows of `num_features` features in [-1, 1], its randomness
// from `seed`. Programs with LibTorch give MakeMlpModel.
using PerformanceModelFactory =
    std::function<Result<std::unique_ptr<surrogate::PerformanceModel>>(
        int num_features, uint64_t seed)>;

// What is taken where nobody chose.
inline constexpr char kDefaultStrategy[] = "structured";

struct StrategyOptions {
  // The study's seed. Streams are derived from it by purpose.
  uint64_t seed = 0;

  // Random candidates scored for each suggested batch. Raise it when scoring is
  // cheap beside a trial.
  int num_candidates = 100'000;

  // Random candidates scored for the final recommendation.
  int num_final_candidates = 1'000'000;

  // Trials that must have completed before a performance model suggests; the
  // ones before are random. 1 in a Study, which makes its own initial trials.
  int num_random_trials = 1;

  // How short the evaluator may be run (EvaluatorCapabilities::fidelities).
  // "structured" screens configurations at the lower ones and measures in full
  // what is promising; the others always measure in full.
  std::vector<double> fidelities = {1};

  // What "proportional" spreads the budget by: one number at least 0 for each
  // parameter, or empty for equal weights.
  std::vector<double> proportional_weights;

  // Required by strategy "paper".
  PerformanceModelFactory make_performance_model;
};

// The names that MakeStrategy() knows, sorted.
std::vector<std::string> StrategyNames();

// kInvalidArgument if no strategy has the name or an option is out of
// range;
// kFailedPrecondition if the strategy needs a performance model and `options`
// has none.
Result<std::unique_ptr<Strategy>> MakeStrategy(std::string_view name,
                                               const SearchSpace& space,
                                               const StrategyOptions& options);

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_STRATEGY_FACTORY_H_
