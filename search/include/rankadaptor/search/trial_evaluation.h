// Evaluates one trial, and turns whatever an evaluator does - errors,
// exceptions, numbers that are none - into a finished trial.
//
// Thread-safety: as the evaluator.
#ifndef RANKADAPTOR_SEARCH_TRIAL_EVALUATION_H_
#define RANKADAPTOR_SEARCH_TRIAL_EVALUATION_H_

#include <functional>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/trial.h"

namespace rankadaptor {

struct TrialHooks {
  // True once the work should be given up; thread-safe.
  std::function<bool()> cancelled;
  // Told of each intermediate value; may be empty.
  std::function<void(double fraction_done, double value)> reported;
};

// The trial with its result; its state is kCancelled if it was given up because
// `hooks.cancelled` said so. Of its reports it keeps those that are at least a
// hundredth of the evaluation apart.
Trial EvaluateTrial(Evaluator& evaluator,
                    Trial trial,
                    const TrialHooks& hooks,
                    const Clock& clock);

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_TRIAL_EVALUATION_H_
