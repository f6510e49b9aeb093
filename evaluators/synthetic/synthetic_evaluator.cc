#include "rankadaptor/synthetic/synthetic_evaluator.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "evaluators/synthetic/splitmix64.h"

namespace rankadaptor::synthetic {

Result<std::unique_ptr<SyntheticEvaluator>> SyntheticEvaluator::Create(
    const SyntheticOptions& options) {
  if (!std::isfinite(options.noise) || options.noise < 0) {
    return InvalidArgument("noise = " + std::to_string(options.noise) +
                           " is not finite and at least 0");
  }
  if (options.problem.task != 0) {
    return InvalidArgument("task = " + std::to_string(options.problem.task) +
                           " cannot be searched; the target is task 0");
  }
  BenchmarkProblem problem = options.problem;
  std::vector<BenchmarkFunction> functions;
  const int last_task =
      problem.family == BenchmarkFamily::kXfer ? kNumSourceTasks : 0;
  for (problem.task = 0; problem.task <= last_task; ++problem.task) {
    RA_ASSIGN_OR_RETURN(BenchmarkFunction function,
                        BenchmarkFunction::Create(problem));
    functions.push_back(std::move(function));
  }
  return std::unique_ptr<SyntheticEvaluator>(
      new SyntheticEvaluator(std::move(functions), options.noise));
}

SyntheticEvaluator::SyntheticEvaluator(std::vector<BenchmarkFunction> functions,
                                       double noise)
    : functions_(std::move(functions)) {
  capabilities_.name = "synthetic";
  capabilities_.version = "1";
  capabilities_.thread_safe = true;
  capabilities_.deterministic = noise == 0;
  for (const BenchmarkFunction& function : functions_) {
    noise_.push_back(
        noise == 0 ? 0
                   : noise * function.CalibrationMoments().standard_deviation);
  }
}

SearchSpace SyntheticEvaluator::space() const {
  return BenchmarkSpace(function().num_layers());
}

double SyntheticEvaluator::Measure(size_t task,
                                   const Configuration& configuration,
                                   const TrialContext& trial) const {
  const BenchmarkFunction& function = functions_[task];
  const double value = function.Value(configuration.choices);
  if (noise_[task] == 0) return value;
  SplitMix64 random(
      Mix(Mix(function.instance_seed(), 555 + task), trial.seed()));
  random.SkipGauss(static_cast<uint64_t>(trial.trial_id()));
  return value + noise_[task] * random.Gauss();
}

Result<Measurement> SyntheticEvaluator::Evaluate(
    const Configuration& configuration, TrialContext& trial) {
  const bool valid =
      static_cast<int>(configuration.choices.size()) ==
          function().num_layers() &&
      std::ranges::all_of(configuration.choices, [](int32_t level) {
        return level >= 0 && level < kNumLevels;
      });
  if (!valid) {
    return InvalidArgument("the configuration is not one of " +
                           std::to_string(function().num_layers()) +
                           " levels below " + std::to_string(kNumLevels));
  }
  Measurement measurement;
  measurement.objective = Measure(0, configuration, trial);
  for (size_t task = 1; task < functions_.size(); ++task) {
    measurement.metrics.push_back(
        {"task " + std::to_string(task), Measure(task, configuration, trial)});
  }
  return measurement;
}

}  // namespace rankadaptor::synthetic
