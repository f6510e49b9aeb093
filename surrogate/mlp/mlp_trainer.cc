#include "surrogate/mlp/mlp_trainer.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

namespace rankadaptor::surrogate {
namespace {

// LibTorch works on one thread while this lives.
class OneThread {
 public:
  OneThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;
  ~OneThread() { at::set_num_threads(before_); }

 private:
  int before_;
};

at::Tensor ToTensor(std::span<const float> values, at::IntArrayRef shape) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  std::ranges::copy(values, tensor.data_ptr<float>());
  return tensor;
}

// Adam on one flat tensor (Kingma and Ba, 2015).
class Adam {
 public:
  explicit Adam(const at::Tensor& parameters)
      : first_(at::zeros_like(parameters)),
        second_(at::zeros_like(parameters)) {}

  void Step(const at::Tensor& gradient,
            double learning_rate,
            at::Tensor& parameters) {
    ++step_;
    first_.mul_(kBeta1).add_(gradient, 1 - kBeta1);
    second_.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    const double correction1 = 1 - std::pow(kBeta1, step_);
    const double correction2 = 1 - std::pow(kBeta2, step_);
    at::Tensor scale = second_.div(correction2).sqrt_().add_(1e-8);
    parameters.addcdiv_(first_, scale, -learning_rate / correction1);
  }

 private:
  static constexpr double kBeta1 = 0.9;
  static constexpr double kBeta2 = 0.999;
  at::Tensor first_;
  at::Tensor second_;
  int step_ = 0;
};

using Loss = std::function<at::Tensor(const at::Tensor& parameters)>;

// Minimises `loss` over a flat tensor.
void Minimise(const Loss& loss,
              int num_steps,
              double learning_rate,
              at::Tensor& parameters) {
  parameters.set_requires_grad(true);
  Adam adam(parameters);
  for (int step = 0; step < num_steps; ++step) {
    loss(parameters).backward();
    c10::NoGradGuard no_grad;
    at::Tensor gradient = parameters.grad();
    adam.Step(
        gradient, learning_rate * (num_steps - step) / num_steps, parameters);
    parameters.mutable_grad().reset();
  }
  parameters.set_requires_grad(false);
}

// Takes weights and biases out of a flat tensor, layer after layer.
class LayerReader {
 public:
  explicit LayerReader(const at::Tensor& parameters)
      : parameters_(parameters) {}

  at::Tensor Apply(const at::Tensor& inputs, int64_t from, int64_t to) {
    at::Tensor weights =
        parameters_.narrow(0, position_, from * to).view({from, to});
    at::Tensor biases = parameters_.narrow(0, position_ + from * to, to);
    position_ += (from + 1) * to;
    return at::addmm(biases, inputs, weights);
  }

 private:
  const at::Tensor& parameters_;
  int64_t position_ = 0;
};

// [num_rows, outputs]; the last layer may have several outputs here.
at::Tensor Apply(const std::vector<int>& widths,
                 const at::Tensor& parameters,
                 const at::Tensor& inputs) {
  LayerReader layers(parameters);
  at::Tensor values = inputs;
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    values = layers.Apply(values, widths[i], widths[i + 1]);
    if (i + 2 < widths.size()) values = values.relu();
  }
  return values;
}

void CopyBack(const at::Tensor& parameters, DenseNetwork& network) {
  const float* begin = parameters.data_ptr<float>();
  network.parameters.assign(begin, begin + parameters.numel());
}

Status TrainUnguarded(const TrainingSet& set,
                      const TrainingPlan& plan,
                      std::span<const float> anchor,
                      DenseNetwork& network) {
  OneThread one_thread;
  const auto num_rows = static_cast<int64_t>(set.targets.size());
  const auto num_parameters = static_cast<int64_t>(network.parameters.size());
  at::Tensor inputs =
      ToTensor(set.inputs, {num_rows, network.shape.num_inputs()});
  at::Tensor targets = ToTensor(set.targets, {num_rows, 1});
  at::Tensor prior = anchor.empty() ? at::zeros({num_parameters})
                                    : ToTensor(anchor, {num_parameters});
  at::Tensor parameters = ToTensor(network.parameters, {num_parameters});
  const double stiffness = plan.stiffness / static_cast<double>(num_rows);
  auto loss = [&](const at::Tensor& p) {
    at::Tensor error = Apply(network.shape.widths, p, inputs) - targets;
    return error.square().mean() + (p - prior).square().sum() * stiffness;
  };
  Minimise(loss, plan.num_steps, plan.learning_rate, parameters);
  CopyBack(parameters, network);
  return {};
}

// Rows of all sets, each with its set's index and a weight that makes the sets
// count alike.
struct JointRows {
  at::Tensor inputs;
  at::Tensor targets;
  at::Tensor set_of_row;
  at::Tensor weights;
};

JointRows Join(const std::vector<TrainingSet>& sets, int64_t num_inputs) {
  std::vector<at::Tensor> inputs, targets, set_of_row, weights;
  for (size_t s = 0; s < sets.size(); ++s) {
    const auto rows = static_cast<int64_t>(sets[s].targets.size());
    inputs.push_back(ToTensor(sets[s].inputs, {rows, num_inputs}));
    targets.push_back(ToTensor(sets[s].targets, {rows, 1}));
    set_of_row.push_back(
        at::full({rows, 1}, static_cast<int64_t>(s), at::kLong));
    weights.push_back(at::full(
        {rows, 1}, 1.0 / static_cast<double>(rows) / sets.size(), at::kFloat));
  }
  return {
      at::cat(inputs), at::cat(targets), at::cat(set_of_row), at::cat(weights)};
}

Status TrainTogetherUnguarded(const std::vector<TrainingSet>& sets,
                              const TrainingPlan& plan,
                              DenseNetwork& network) {
  OneThread one_thread;
  const auto num_sets = static_cast<int64_t>(sets.size());
  std::vector<int> widths = network.shape.widths;
  const int64_t last_inputs = widths[widths.size() - 2];
  widths.back() = static_cast<int>(num_sets);
  const int64_t num_hidden =
      static_cast<int64_t>(network.parameters.size()) - last_inputs - 1;
  // Every set starts from the network's own output layer.
  at::Tensor start =
      ToTensor(network.parameters, {num_hidden + last_inputs + 1});
  at::Tensor parameters = at::cat({start.narrow(0, 0, num_hidden),
                                   start.narrow(0, num_hidden, last_inputs + 1)
                                       .repeat_interleave(num_sets)});
  const JointRows rows = Join(sets, network.shape.num_inputs());
  const double stiffness =
      plan.stiffness / static_cast<double>(rows.targets.numel());
  auto loss = [&](const at::Tensor& p) {
    at::Tensor outputs =
        Apply(widths, p, rows.inputs).gather(1, rows.set_of_row);
    at::Tensor error = (outputs - rows.targets).square();
    return (error * rows.weights).sum() + p.square().sum() * stiffness;
  };
  Minimise(loss, plan.num_steps, plan.learning_rate, parameters);
  at::Tensor outputs =
      parameters.narrow(0, num_hidden, (last_inputs + 1) * num_sets)
          .view({last_inputs + 1, num_sets})
          .mean(1);
  CopyBack(at::cat({parameters.narrow(0, 0, num_hidden), outputs}), network);
  return {};
}

// LibTorch reports with exceptions.
template <typename Function>
Status Guarded(const Function& function) {
  try {
    return function();
  } catch (const std::exception& e) {
    return Internal(std::string("training the performance model: ") + e.what());
  }
}

}  // namespace

Status Train(const TrainingSet& set,
             const TrainingPlan& plan,
             std::span<const float> anchor,
             DenseNetwork& network) {
  return Guarded([&] { return TrainUnguarded(set, plan, anchor, network); });
}

Status TrainTogether(const std::vector<TrainingSet>& sets,
                     const TrainingPlan& plan,
                     DenseNetwork& network) {
  return Guarded([&] { return TrainTogetherUnguarded(sets, plan, network); });
}

}  // namespace rankadaptor::surrogate
