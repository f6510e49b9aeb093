#include "rankadaptor/search/trial_evaluation.h"

#include <cmath>
#include <exception>
#include <mutex>
#include <string>
#include <utility>

namespace rankadaptor {
namespace {

// Between reports that are kept, as a share of the evaluation.
constexpr double kReportDistance = 0.01;

// What the evaluator sees of the engine.
class Context final : public TrialContext {
 public:
  Context(const Trial& trial, const TrialHooks& hooks)
      : trial_(trial), hooks_(hooks) {}

  int64_t trial_id() const override { return trial_.id; }
  uint64_t seed() const override { return trial_.seed; }
  ItemSplit split() const override { return trial_.split; }
  double fidelity() const override { return trial_.fidelity; }
  bool cancelled() const override { return hooks_.cancelled(); }

  void Report(double fraction_done, double value) override {
    if (hooks_.reported) hooks_.reported(fraction_done, value);
    if (!std::isfinite(fraction_done) || std::isnan(value)) return;
    std::lock_guard lock(mutex_);
    const bool is_near =
        !reports_.empty() &&
        fraction_done < reports_.back().fraction_done + kReportDistance;
    if (!is_near) reports_.push_back({fraction_done, value});
  }

  void Keep(std::string path) override {
    std::lock_guard lock(mutex_);
    artifacts_.push_back(std::move(path));
  }

  void MoveTo(Trial& trial) {
    trial.reports = std::move(reports_);
    trial.artifacts = std::move(artifacts_);
  }

 private:
  const Trial& trial_;
  const TrialHooks& hooks_;
  std::mutex mutex_;  // guards the rest
  std::vector<TrialReport> reports_;
  std::vector<std::string> artifacts_;
};

Result<Measurement> EvaluateWithoutThrowing(Evaluator& evaluator,
                                            const Configuration& configuration,
                                            TrialContext& context) {
  try {
    return evaluator.Evaluate(configuration, context);
  } catch (const std::exception& e) {
    return Internal(std::string("the evaluator threw: ") + e.what());
  } catch (...) {
    return Internal("the evaluator threw something that is no exception");
  }
}

TrialState StateAfter(const Error& error, bool cancelled) {
  if (error.code == ErrorCode::kCancelled && cancelled) {
    return TrialState::kCancelled;
  }
  return error.code == ErrorCode::kInvalidArgument ? TrialState::kInfeasible
                                                   : TrialState::kFailed;
}

// What is wrong with it; empty if nothing is. Stores keep no NaN.
std::string ProblemOf(const Measurement& measurement) {
  if (!std::isfinite(measurement.objective)) {
    return "the objective is " + std::to_string(measurement.objective);
  }
  for (const Metric& metric : measurement.metrics) {
    if (std::isnan(metric.value)) return "metric '" + metric.name + "' is nan";
  }
  return "";
}

void Conclude(Result<Measurement> result, bool cancelled, Trial& trial) {
  if (!result) {
    trial.state = StateAfter(result.error(), cancelled);
    trial.reason = std::move(result.error().message);
    if (trial.reason.empty()) {
      trial.reason = ErrorCodeName(result.error().code);
    }
  } else if (std::string problem = ProblemOf(*result); !problem.empty()) {
    trial.state = TrialState::kFailed;
    trial.reason = std::move(problem);
  } else {
    trial.state = TrialState::kComplete;
    trial.measurement = std::move(*result);
  }
}

}  // namespace

Trial EvaluateTrial(Evaluator& evaluator,
                    Trial trial,
                    const TrialHooks& hooks,
                    const Clock& clock) {
  Context context(trial, hooks);
  const double start = clock.MonotonicSeconds();
  auto result =
      EvaluateWithoutThrowing(evaluator, trial.configuration, context);
  trial.duration_seconds = clock.MonotonicSeconds() - start;
  Conclude(std::move(result), hooks.cancelled(), trial);
  context.MoveTo(trial);
  return trial;
}

}  // namespace rankadaptor
