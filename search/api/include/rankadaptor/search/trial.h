// A Trial is one evaluation of one configuration: what was asked, with which
// seed, and what came back. A failed trial is data, not an error.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_SEARCH_TRIAL_H_
#define RANKADAPTOR_SEARCH_TRIAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rankadaptor/search/search_space.h"

namespace rankadaptor {

// A named number that came with a measurement, e.g. the accuracy on one task.
struct Metric {
  std::string name;
  double value = 0;

  friend bool operator==(const Metric&, const Metric&) = default;
};

// What an evaluator returns. `objective` is maximised; never NaN.
struct Measurement {
  double objective = 0;
  std::vector<Metric> metrics;  // unique names; the same set for every trial

  friend bool operator==(const Measurement&, const Measurement&) = default;
};

// An intermediate value that an evaluator reported while it worked.
struct TrialReport {
  double fraction_done = 0;
  double value = 0;

  friend bool operator==(const TrialReport&, const TrialReport&) = default;
};

// Stored by number: values are never reused.
enum class TrialState {
  kComplete = 1,    // measurement is valid
  kFailed = 2,      // the evaluator failed; `reason` says how
  kInfeasible = 3,  // the configuration cannot be measured
  kCancelled = 4,   // given up on request; not stored, but evaluated again
};

// Why the trial was made. Stored by number.
enum class TrialPurpose {
  kInitial = 1,   // initialisation phase: random, also trains the meta-model
  kSearch = 2,    // iteration phase: suggested by the strategy
  kFinalist = 3,  // convergence phase: repeated with fresh seeds
  kBaseline = 4,  // a reference configuration, repeated with the same seeds
};

// Which held-out items a trial is scored on: what drives the search is not what
// the final table reports. Evaluators without items ignore it.
enum class ItemSplit { kSearch = 1, kConfirm = 2 };

struct Trial {
  int64_t id = -1;  // 0, 1, ... within the study
  TrialPurpose purpose = TrialPurpose::kSearch;
  std::string label;  // e.g. "uniform 8" for a baseline, else empty
  Configuration configuration;
  uint64_t seed = 0;
  ItemSplit split = ItemSplit::kSearch;
  // The share of a full evaluation's cost that is spent on it, in (0, 1]:
  // below 1 it is a screening (EvaluatorCapabilities::fidelities).
  double fidelity = 1;
  // What the strategy foresaw when it suggested the trial, where it has a
  // model, in the objective's units (strategy.h).
  std::optional<double> predicted;  // Q
  std::optional<double> deviation;
  std::optional<double> expected_improvement;

  TrialState state = TrialState::kFailed;
  Measurement measurement;  // P; valid if state is kComplete
  std::string reason;       // one sentence if state is not kComplete
  double duration_seconds = 0;
  std::vector<TrialReport> reports;    // in the order in which they came
  std::vector<std::string> artifacts;  // TrialContext::Keep()

  friend bool operator==(const Trial&, const Trial&) = default;
};

// "complete", "failed", ...; "initial", "search", ...
const char* TrialStateName(TrialState state);
const char* TrialPurposeName(TrialPurpose purpose);

}  // namespace rankadaptor

#endif  // RANKADAPTOR_SEARCH_TRIAL_H_
