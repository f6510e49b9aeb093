#include "search/study_options.h"

#include <limits>
#include <set>
#include <string>

namespace rankadaptor::internal {
namespace {

constexpr int kMaxTrials = 1'000'000;
constexpr int kMaxWorkers = 1024;

struct IntegerRange {
  const char* name;
  int value;
  int low;
  int high;
};

Status CheckIntegers(const StudyOptions& options) {
  const IntegerRange ranges[] = {
      {"max_trials", options.max_trials, 1, kMaxTrials},
      {"num_initial_trials", options.num_initial_trials, 0, options.max_trials},
      {"batch_size", options.batch_size, 1, kMaxTrials},
      {"num_workers", options.num_workers, 1, kMaxWorkers},
      {"convergence_rounds", options.convergence_rounds, 0, kMaxTrials},
      {"num_recommended", options.num_recommended, 0, kMaxTrials},
      {"num_confirm_seeds", options.num_confirm_seeds, 1, kMaxTrials},
  };
  for (const IntegerRange& range : ranges) {
    if (range.value < range.low || range.value > range.high) {
      return InvalidArgument(std::string(range.name) + " = " +
                             std::to_string(range.value) + " is not in [" +
                             std::to_string(range.low) + ", " +
                             std::to_string(range.high) + "]");
    }
  }
  return {};
}

// Also refuses NaN.
Status CheckNotNegative(const char* name, double value) {
  if (value >= 0) return {};
  return InvalidArgument(std::string(name) + " = " + std::to_string(value) +
                         " is not at least 0");
}

// Baselines may break the budget: they are references, not results.
Status CheckBaselines(const StudyOptions& options, const SearchSpace& space) {
  RA_ASSIGN_OR_RETURN(SearchSpace unlimited,
                      SearchSpace::Create(space.parameters()));
  std::set<std::string> labels;
  for (const Baseline& baseline : options.baselines) {
    if (baseline.label.empty() || !labels.insert(baseline.label).second) {
      return InvalidArgument("baseline label '" + baseline.label +
                             "' is empty or used twice");
    }
    if (Status status = unlimited.Validate(baseline.configuration); !status) {
      return InContext("baseline '" + baseline.label + "'", status.error());
    }
  }
  return {};
}

}  // namespace

Status CheckStudyOptions(const StudyOptions& options,
                         const SearchSpace& space) {
  RA_RETURN_IF_ERROR(CheckIntegers(options));
  RA_RETURN_IF_ERROR(
      CheckNotNegative("convergence_threshold", options.convergence_threshold));
  RA_RETURN_IF_ERROR(
      CheckNotNegative("time_budget_seconds", options.time_budget_seconds));
  return CheckBaselines(options, space);
}

Status CheckStudyParts(const StudyParts& parts) {
  const std::pair<const char*, bool> present[] = {
      {"evaluator", parts.evaluator != nullptr},
      {"store", parts.store != nullptr},
      {"strategy", parts.strategy != nullptr},
      {"clock", parts.clock != nullptr},
      {"log", parts.log != nullptr}};
  for (auto [name, is_present] : present) {
    if (!is_present) {
      return InvalidArgument("a study needs a part '" + std::string(name) +
                             "', none was given");
    }
  }
  return {};
}

}  // namespace rankadaptor::internal
