// An Evaluator measures how good one Configuration is. It is the expensive,
// fallible end of a study: one call may take seconds or a day. The engine owns
// seeds, retries and bookkeeping; an Evaluator only measures.
//
// Thread-safe if capabilities().thread_safe, else one call at a time. Must
// outlive the Study that uses it.
#ifndef RANKADAPTOR_SEARCH_EVALUATOR_H_
#define RANKADAPTOR_SEARCH_EVALUATOR_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor {

// What the engine may assume of an evaluator. Constant over its life.
struct EvaluatorCapabilities {
  std::string name;     // e.g. "llama"
  std::string version;  // changes when results change
  bool thread_safe = false;
  bool deterministic = false;  // same configuration and seed: same measurement
  // How short an evaluation may be, as shares of a full one's cost: fewer
  // training steps, fewer items. Strictly ascending, in (0, 1], the last is 1.
  // A short one measures the same objective, though less exactly and perhaps
  // with an offset; strategies learn how far it can be relied upon.
  std::vector<double> fidelities = {1};
};

// kInvalidArgument unless `fidelities` are as above.
Status CheckFidelities(std::span<const double> fidelities);

// The engine's side of one evaluation. Thread-safe.
class TrialContext {
 public:
  virtual ~TrialContext() = default;
  virtual int64_t trial_id() const = 0;
  // Everything random in the evaluation derives from this. Trials of one search
  // share it (common random numbers), so that differences between
  // configurations are not differences between seeds.
  virtual uint64_t seed() const = 0;
  virtual ItemSplit split() const = 0;
  // The share of a full evaluation to spend: one of the evaluator's fidelities.
  virtual double fidelity() const { return 1; }
  // True once the work should be given up; poll between steps.
  virtual bool cancelled() const = 0;
  // An intermediate value, for progress displays. `fraction_done` in [0, 1].
  virtual void Report(double fraction_done, double value) = 0;
  // The evaluation left a file or folder that belongs to the trial, for example
  // an adapter: its path, in the folder that the study has for such things, is
  // stored with the trial.
  virtual void Keep(std::string /*path*/) {}
};

class Evaluator {
 public:
  virtual ~Evaluator() = default;

  virtual const EvaluatorCapabilities& capabilities() const = 0;

  // Measures `configuration`, which is valid in the space the evaluator was
  // made for. `trial` is borrowed for the call.
  //
  // Returns the measurement, its objective never NaN, or
  //  - kCancelled: trial.cancelled() became true and the work was given up;
  //  - kInvalidArgument: cannot be measured, the trial becomes kInfeasible.
  // Any other code makes the trial kFailed; the study goes on.
  virtual Result<Measurement> Evaluate(const Configuration& configuration,
                                       TrialContext& trial) = 0;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_EVALUATOR_H_
