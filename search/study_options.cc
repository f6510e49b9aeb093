#include "search/study_options.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <set>
#include <string>

#include "search/space_relation.h"

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
      {"stagnation_trials", options.stagnation_trials, 0, kMaxTrials},
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

Status CheckEnqueued(const StudyOptions& options, const SearchSpace& space) {
  if (static_cast<int>(options.enqueued.size()) > options.max_trials) {
    return InvalidArgument(std::to_string(options.enqueued.size()) +
                           " configurations are enqueued, more than max_trials "
                           "= " +
                           std::to_string(options.max_trials));
  }
  std::set<Configuration> seen;
  for (size_t i = 0; i < options.enqueued.size(); ++i) {
    const std::string name = "enqueued[" + std::to_string(i) + "]";
    if (Status s = space.Validate(options.enqueued[i]); !s) {
      return InContext(name, s.error());
    }
    if (!seen.insert(options.enqueued[i]).second) {
      return InvalidArgument(name + " is there already");
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
      CheckNotNegative("improvement_threshold", options.improvement_threshold));
  RA_RETURN_IF_ERROR(CheckEnqueued(options, space));
  RA_RETURN_IF_ERROR(CheckSources(options.sources, space));
  RA_RETURN_IF_ERROR(
      CheckNotNegative("time_budget_seconds", options.time_budget_seconds));
  RA_RETURN_IF_ERROR(
      CheckNotNegative("wall_time_seconds", options.wall_time_seconds));
  return CheckBaselines(options, space);
}

std::string StopSentence(StopReason reason, const StudyOptions& options) {
  auto number = [](double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return std::string(text);
  };
  const std::string begin = "The search stopped because ";
  switch (reason) {
    case StopReason::kConverged:
      return begin + "its predictions converged: " +
             number(options.convergence_rounds) +
             " rounds in a row were within " +
             number(options.convergence_threshold) +
             " standard deviations of what was measured.";
    case StopReason::kNoImprovement:
      return begin + "hardly any improvement is expected any more: for " +
             number(options.convergence_rounds) + " rounds in a row at most " +
             number(options.improvement_threshold) + " standard deviations.";
    case StopReason::kTrialBudget:
      return begin + "its " + number(options.max_trials) + " trials were used.";
    case StopReason::kTimeBudget:
      return begin + "its trials had taken the " +
             number(options.time_budget_seconds) + " seconds they may take.";
    case StopReason::kSpaceExhausted:
      return begin + "every configuration was tried.";
    case StopReason::kStagnation:
      return begin + number(options.stagnation_trials) +
             " trials in a row brought nothing better.";
    case StopReason::kWallTime:
      return begin + "the " + number(options.wall_time_seconds) +
             " seconds that it may run had passed.";
  }
  return begin + "of an unknown reason.";
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
  const std::vector<double>& offered =
      parts.evaluator->capabilities().fidelities;
  RA_RETURN_IF_ERROR(CheckFidelities(offered));
  for (double wanted : parts.strategy->fidelities()) {
    if (std::ranges::find(offered, wanted) != offered.end()) continue;
    return InvalidArgument("the strategy wants trials of fidelity " +
                           std::to_string(wanted) + ", which evaluator '" +
                           parts.evaluator->capabilities().name +
                           "' does not offer");
  }
  return {};
}

}  // namespace rankadaptor::internal
