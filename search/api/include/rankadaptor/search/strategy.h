// A Strategy decides what to try next. It is told every finished trial in trial
// order and asked for batches of configurations (ask/tell). Its state is a
// function of its options, its seed and what it was told: a study is resumed by
// telling a new Strategy the stored trials in the same batches.
//
// One thread at a time; it may use TBB inside a call.
#ifndef RANKADAPTOR_SEARCH_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGY_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor {

// Numbers are in the objective's units, and there where the strategy has a
// model that knows them.
struct Suggestion {
  Configuration configuration;
  // Q: what the evaluation at `fidelity` is expected to measure.
  std::optional<double> predicted = {};
  // How far from Q that measurement is expected: its standard deviation, noise
  // included.
  std::optional<double> deviation = {};
  // By how much the suggestion is expected to exceed what is believed best so
  // far, noise not counted, falling short counting as 0. The largest that the
  // strategy found: over a few suggestions, what a search that goes on can hope
  // for, as far as the model knows.
  std::optional<double> expected_improvement = {};
  // The share of a full evaluation that this one is to cost: one of
  // Strategy::fidelities().
  double fidelity = 1;
};

// What other data sets say: configurations of the same space, or of a related
// one, with the values of one metric, in that metric's own units; larger is
// better.
struct SourceStudy {
  std::string name;
  std::vector<Configuration> configurations;
  std::vector<double> values;  // [configurations.size()]

  // Of the space that the configurations are of, if it is not the study's: more
  // or fewer layers, other choices. What was learned there is carried over to
  // parameters with like descriptors (Parameter::descriptors that all
  // parameters of both spaces have), among those whose names differ in numbers
  // only if there are some; without such descriptors to parameters of the same
  // name. Values between those of the other space are interpolated. Empty: the
  // study's parameters.
  std::vector<Parameter> parameters = {};
};

class Strategy {
 public:
  virtual ~Strategy() = default;

  // Offline phase: learns from sources before any suggestion. Called at most
  // once, before Observe(). Strategies without a use for sources ignore them.
  // kInvalidArgument if a source has parameters that are not like the study's.
  virtual Status MetaLearn(std::span<const SourceStudy> sources) = 0;

  // Tells finished trials, in trial order. Trials that did not complete are
  // told too, so that they are not suggested again; the objectives of those
  // that did are finite. A configuration may be told more than once, and need
  // not keep the constraints.
  virtual Status Observe(std::span<const Trial> trials) = 0;

  // The fidelities that suggestions may have, ascending, the last is 1. More
  // than one for a strategy that was made to screen configurations short
  // (StrategyOptions::fidelities).
  virtual std::vector<double> fidelities() const { return {1}; }

  // Up to `count` valid configurations, none told or suggested before at this
  // or a higher fidelity. Fewer, even none, when the space is exhausted. After
  // the same history, a smaller count gives the first ones of a larger count.
  virtual Result<std::vector<Suggestion>> Suggest(int count) = 0;

  // These are being tried though this object did not suggest them: somebody
  // wanted them, or it takes the place of one that did. From now on it is as if
  // Suggest() had returned them. Only configuration and fidelity are looked at.
  virtual void MarkPending(std::span<const Suggestion> pending) = 0;

  // Convergence phase: the `count` configurations believed best, best first.
  // Evaluated ones may be among them.
  virtual Result<std::vector<Suggestion>> Recommend(int count) = 0;

  // What the model expects of configurations of the space, at full fidelity and
  // in the objective's units; they need not keep the constraints. Nothing where
  // there is no model, or not yet.
  virtual Result<std::vector<double>> PredictMeans(
      std::span<const Configuration> /*configurations*/) {
    return std::vector<double>();
  }
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_STRATEGY_H_
