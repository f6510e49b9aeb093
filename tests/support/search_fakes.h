// Stand-ins for the ports of the engine.
#ifndef RANKADAPTOR_TESTS_SUPPORT_SEARCH_FAKES_H_
#define RANKADAPTOR_TESTS_SUPPORT_SEARCH_FAKES_H_

#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/search/evaluator.h"
#include "rankadaptor/search/search_space.h"
#include "rankadaptor/search/trial.h"
#include "rankadaptor/surrogate/performance_model.h"

namespace rankadaptor::testing {

// `num_parameters` parameters with values 0, 1, ..., num_choices - 1.
inline SearchSpace MakeSpace(int num_parameters,
                             int num_choices,
                             std::vector<LinearConstraint> constraints = {}) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < num_parameters; ++i) {
    Parameter& p = parameters.emplace_back();
    p.name = "p" + std::to_string(i);
    for (int c = 0; c < num_choices; ++c) p.choices.push_back(c);
  }
  return SearchSpace::Create(std::move(parameters), std::move(constraints))
      .value();
}

// The same space; the values may sum to `limit` at most.
inline SearchSpace MakeBudgetSpace(int num_parameters,
                                   int num_choices,
                                   double limit) {
  std::vector<double> weights;
  for (int c = 0; c < num_choices; ++c) weights.push_back(c);
  LinearConstraint budget{.unit = "units", .weights = {}, .limit = limit};
  budget.weights.assign(num_parameters, weights);
  return MakeSpace(num_parameters, num_choices, {std::move(budget)});
}

// Ordinal and categorical parameters in turn, values 0 to 3, whose values sum
// to a number between `low` and `high`; a second weight, falling where the
// values rise, is bounded too.
inline SearchSpace MakeMixedSpace(int num_parameters, double low, double high) {
  std::vector<Parameter> parameters = MakeSpace(num_parameters, 4).parameters();
  for (int i = 1; i < num_parameters; i += 2) {
    parameters[i].kind = ParameterKind::kCategorical;
  }
  auto constraint = [&](std::vector<double> weights, double limit) {
    return LinearConstraint{
        .unit = "",
        .weights = std::vector(num_parameters, std::move(weights)),
        .limit = limit};
  };
  return SearchSpace::Create(std::move(parameters),
                             {constraint({0, 1, 2, 3}, high),
                              constraint({0, -1, -2, -3}, -low),
                              constraint({4, 2, 1, 0}, 2.5 * num_parameters)})
      .value();
}

// Per layer a rank and a kept width, choices 0 to 3 each: (rank + 1) times
// (width + 1), summed over the layers, may be `limit` at most.
inline SearchSpace MakeTableSpace(int num_layers, double limit) {
  LinearConstraint budget{.unit = "size", .weights = {}, .limit = limit};
  for (int layer = 0; layer < num_layers; ++layer) {
    // Ranks come first, so that a table's parameters are apart.
    WeightTable table{.parameters = {layer, num_layers + layer}, .weights = {}};
    for (int rank = 1; rank <= 4; ++rank) {
      for (int width = 1; width <= 4; ++width) {
        table.weights.push_back(rank * width);
      }
    }
    budget.tables.push_back(std::move(table));
  }
  return MakeSpace(2 * num_layers, 4, {std::move(budget)});
}

// A completed trial.
inline Trial MakeTrial(int64_t id, std::vector<int32_t> choices, double value) {
  Trial trial;
  trial.id = id;
  trial.configuration.choices = std::move(choices);
  trial.state = TrialState::kComplete;
  trial.measurement.objective = value;
  return trial;
}

// Time that stands still until it is told to move. Thread-safe.
class ManualClock final : public Clock {
 public:
  void Advance(double seconds) { seconds_ = seconds_ + seconds; }
  double MonotonicSeconds() const override { return seconds_; }
  int64_t UnixMicroseconds() const override {
    return static_cast<int64_t>(seconds_ * 1e6);
  }

 private:
  std::atomic<double> seconds_ = 0;
};

// Evaluates by calling a function.
class FunctionEvaluator final : public Evaluator {
 public:
  using Function =
      std::function<Result<Measurement>(const Configuration&, TrialContext&)>;

  explicit FunctionEvaluator(Function function,
                             bool thread_safe = true,
                             std::vector<double> fidelities = {1})
      : function_(std::move(function)) {
    capabilities_.name = "function";
    capabilities_.thread_safe = thread_safe;
    capabilities_.fidelities = std::move(fidelities);
  }
  const EvaluatorCapabilities& capabilities() const override {
    return capabilities_;
  }
  Result<Measurement> Evaluate(const Configuration& configuration,
                               TrialContext& trial) override {
    return function_(configuration, trial);
  }

 private:
  EvaluatorCapabilities capabilities_;
  Function function_;
};

// Predicts the mean of all targets, the near ones weighing most.
class KernelModel final : public surrogate::PerformanceModel {
 public:
  explicit KernelModel(int num_features) : num_features_(num_features) {}

  int num_features() const override { return num_features_; }
  Status MetaLearn(std::span<const surrogate::Samples>) override { return {}; }
  Status Fit(const surrogate::Samples& samples) override {
    data_ = {};
    return Update(samples);
  }
  Status Update(const surrogate::Samples& samples) override {
    const auto& [features, targets] = samples;
    const bool finite =
        AllFinite(features) && AllFinite(targets) && !targets.empty();
    if (!finite || features.size() != targets.size() * num_features_) {
      return InvalidArgument("samples that are no samples");
    }
    data_.features.insert(
        data_.features.end(), features.begin(), features.end());
    data_.targets.insert(data_.targets.end(), targets.begin(), targets.end());
    return {};
  }
  Status Predict(std::span<const double> features,
                 std::span<double> predictions) const override {
    if (data_.targets.empty()) return FailedPrecondition("nothing was fitted");
    if (features.size() != predictions.size() * num_features_) {
      return InvalidArgument("features do not match predictions");
    }
    for (size_t i = 0; i < predictions.size(); ++i) {
      predictions[i] =
          PredictOne(features.subspan(i * num_features_, num_features_));
    }
    return {};
  }

 private:
  static bool AllFinite(const std::vector<double>& values) {
    for (double value : values) {
      if (!std::isfinite(value)) return false;
    }
    return true;
  }

  double PredictOne(std::span<const double> row) const {
    std::vector<double> weights;
    double total = 0;
    for (size_t i = 0; i < data_.targets.size(); ++i) {
      double distance = 0;
      for (size_t f = 0; f < num_features_; ++f) {
        distance += std::abs(row[f] - data_.features[i * num_features_ + f]);
      }
      weights.push_back(1 / (0.01 + distance));
      total += weights.back();
    }
    double mean = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      mean += weights[i] / total * data_.targets[i];
    }
    return mean;
  }

  size_t num_features_;
  surrogate::Samples data_;
};

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_SUPPORT_SEARCH_FAKES_H_
