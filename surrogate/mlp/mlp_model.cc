#include "rankadaptor/surrogate/mlp_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "surrogate/mlp/dense_network.h"
#include "surrogate/mlp/mlp_trainer.h"

namespace rankadaptor::surrogate {
namespace {

constexpr int kMaxWidth = 4096;

// Hidden layers from several data sets.
constexpr TrainingPlan kMetaPlan{
    .num_steps = 400, .learning_rate = 3e-3, .stiffness = 10};
// The target from nothing, and after more trials.
constexpr TrainingPlan kFitPlan{
    .num_steps = 300, .learning_rate = 3e-3, .stiffness = 1};
constexpr TrainingPlan kUpdatePlan{
    .num_steps = 30, .learning_rate = 1e-3, .stiffness = 1};
// The target from the meta-learned network, and after more trials.
constexpr TrainingPlan kAdaptPlan{
    .num_steps = 100, .learning_rate = 1e-3, .stiffness = 1};
constexpr TrainingPlan kAdaptUpdatePlan{
    .num_steps = 30, .learning_rate = 1e-3, .stiffness = 1};

bool AllFinite(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double v) { return std::isfinite(v); });
}

Status CheckSamples(const Samples& samples, size_t num_features) {
  if (samples.targets.empty()) {
    return InvalidArgument("a performance model cannot learn from no samples");
  }
  if (samples.features.size() != samples.targets.size() * num_features) {
    return InvalidArgument(std::to_string(samples.features.size()) +
                           " features are not " +
                           std::to_string(samples.targets.size()) +
                           " rows of " + std::to_string(num_features));
  }
  if (!AllFinite(samples.features) || !AllFinite(samples.targets)) {
    return InvalidArgument("samples must be finite");
  }
  return {};
}

// Turns targets of any unit into mean 0 and standard deviation 1.
struct Standardisation {
  double mean = 0;
  double scale = 1;
};

Standardisation StandardisationOf(const std::vector<double>& targets) {
  const auto n = static_cast<double>(targets.size());
  Standardisation s;
  s.mean = std::accumulate(targets.begin(), targets.end(), 0.0) / n;
  double squares = 0;
  for (double t : targets) squares += (t - s.mean) * (t - s.mean);
  // Equal targets are predicted as such, but what the network believes still
  // ranks the candidates.
  s.scale = std::max(std::sqrt(squares / n), 1e-6 * (1 + std::abs(s.mean)));
  return s;
}

TrainingSet MakeTrainingSet(const Samples& samples,
                            const Standardisation& standardisation) {
  TrainingSet set;
  set.inputs.assign(samples.features.begin(), samples.features.end());
  for (double target : samples.targets) {
    set.targets.push_back(static_cast<float>((target - standardisation.mean) /
                                             standardisation.scale));
  }
  return set;
}

bool HasInformation(const Samples& samples) {
  auto [low, high] = std::ranges::minmax(samples.targets);
  return low < high;
}

class MlpModel final : public PerformanceModel {
 public:
  explicit MlpModel(DenseNetwork random) : random_(std::move(random)) {
    start_ = random_;
  }

  int num_features() const override { return random_.shape.num_inputs(); }
  Status MetaLearn(std::span<const Samples> data_sets) override;
  Status Fit(const Samples& samples) override;
  Status Update(const Samples& new_samples) override;
  Status Predict(std::span<const double> features,
                 std::span<double> predictions) const override;

 private:
  Status Learn(Samples samples, DenseNetwork network, const TrainingPlan& plan);

  DenseNetwork random_;
  DenseNetwork start_;         // random, or meta-learned
  std::vector<float> anchor_;  // the meta-learned parameters, or empty

  Samples samples_;  // of the target; empty until something was fitted
  Standardisation standardisation_;
  DenseNetwork network_;
};

Status MlpModel::MetaLearn(std::span<const Samples> data_sets) {
  std::vector<TrainingSet> sets;
  for (const Samples& samples : data_sets) {
    if (samples.targets.empty() && samples.features.empty()) continue;
    RA_RETURN_IF_ERROR(
        CheckSamples(samples, static_cast<size_t>(num_features())));
    if (!HasInformation(samples)) continue;
    sets.push_back(
        MakeTrainingSet(samples, StandardisationOf(samples.targets)));
  }
  DenseNetwork start = random_;
  std::vector<float> anchor;
  if (!sets.empty()) {
    RA_RETURN_IF_ERROR(TrainTogether(sets, kMetaPlan, start));
    anchor = start.parameters;
  }
  start_ = std::move(start);
  anchor_ = std::move(anchor);
  samples_ = {};
  return {};
}

Status MlpModel::Fit(const Samples& samples) {
  RA_RETURN_IF_ERROR(
      CheckSamples(samples, static_cast<size_t>(num_features())));
  return Learn(samples, start_, anchor_.empty() ? kFitPlan : kAdaptPlan);
}

Status MlpModel::Update(const Samples& new_samples) {
  if (samples_.targets.empty()) return Fit(new_samples);
  RA_RETURN_IF_ERROR(
      CheckSamples(new_samples, static_cast<size_t>(num_features())));
  Samples samples = samples_;
  samples.features.insert(samples.features.end(),
                          new_samples.features.begin(),
                          new_samples.features.end());
  samples.targets.insert(samples.targets.end(),
                         new_samples.targets.begin(),
                         new_samples.targets.end());
  return Learn(std::move(samples),
               network_,
               anchor_.empty() ? kUpdatePlan : kAdaptUpdatePlan);
}

Status MlpModel::Learn(Samples samples,
                       DenseNetwork network,
                       const TrainingPlan& plan) {
  const Standardisation standardisation = StandardisationOf(samples.targets);
  RA_RETURN_IF_ERROR(
      Train(MakeTrainingSet(samples, standardisation), plan, anchor_, network));
  if (!std::ranges::all_of(network.parameters,
                           [](float p) { return std::isfinite(p); })) {
    return Internal("training the performance model diverged");
  }
  samples_ = std::move(samples);
  standardisation_ = standardisation;
  network_ = std::move(network);
  return {};
}

Status MlpModel::Predict(std::span<const double> features,
                         std::span<double> predictions) const {
  if (samples_.targets.empty()) {
    return FailedPrecondition(
        "the performance model has not learned anything yet");
  }
  if (features.size() !=
      predictions.size() * static_cast<size_t>(num_features())) {
    return InvalidArgument(std::to_string(features.size()) +
                           " features are not " +
                           std::to_string(predictions.size()) + " rows of " +
                           std::to_string(num_features()));
  }
  Forward(network_, features, predictions);
  for (double& prediction : predictions) {
    prediction = standardisation_.mean + standardisation_.scale * prediction;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<PerformanceModel>> MakeMlpModel(
    int num_features, const MlpOptions& options) {
  NetworkShape shape;
  shape.widths.push_back(num_features);
  shape.widths.insert(shape.widths.end(),
                      options.hidden_widths.begin(),
                      options.hidden_widths.end());
  for (size_t i = 0; i < shape.widths.size(); ++i) {
    if (shape.widths[i] >= 1 && shape.widths[i] <= kMaxWidth) continue;
    return InvalidArgument(
        (i == 0 ? std::string("num_features")
                : "hidden_widths[" + std::to_string(i - 1) + "]") +
        " = " + std::to_string(shape.widths[i]) + " is not in [1, 4096]");
  }
  shape.widths.push_back(1);
  return std::make_unique<MlpModel>(RandomNetwork(shape, options.seed));
}

}  // namespace rankadaptor::surrogate
