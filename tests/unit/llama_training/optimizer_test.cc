#include <cmath>
#include <limits>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "evaluators/llama/training/option_checks.h"
#include "evaluators/llama/training/updater.h"

namespace rankadaptor::llama::internal {
namespace {

at::Tensor Row(std::vector<float> values) {
  return at::tensor(values).unsqueeze(0);
}

// One parameter's AdamW in double precision, from the paper's algorithm 2.
class ReferenceAdamW {
 public:
  ReferenceAdamW(double value, AdamWOptions options)
      : value_(value), options_(options) {}

  void Step(double gradient, double learning_rate) {
    ++t_;
    m_ = options_.beta1 * m_ + (1 - options_.beta1) * gradient;
    v_ = options_.beta2 * v_ + (1 - options_.beta2) * gradient * gradient;
    const double m_hat = m_ / (1 - std::pow(options_.beta1, t_));
    const double v_hat = v_ / (1 - std::pow(options_.beta2, t_));
    value_ -= learning_rate * options_.weight_decay * value_;
    value_ -= learning_rate * m_hat / (std::sqrt(v_hat) + options_.epsilon);
  }
  double value() const { return value_; }

 private:
  double value_;
  AdamWOptions options_;
  double m_ = 0;
  double v_ = 0;
  int t_ = 0;
};

TEST(AdamW, FollowsTheReferenceOverSeveralSteps) {
  const AdamWOptions options = {.weight_decay = 0.1};
  at::Tensor weight = Row({0.5F, -2.0F});
  ParameterBuffer buffer({&weight});
  AdamW optimizer(buffer, options);
  ReferenceAdamW first(0.5, options);
  ReferenceAdamW second(-2.0, options);
  for (int step = 0; step < 5; ++step) {
    const double gradient = 0.3 * step - 0.7;
    weight.mutable_grad().copy_(at::tensor({gradient, 2 * gradient}));
    optimizer.Step(0.01);
    first.Step(gradient, 0.01);
    second.Step(2 * gradient, 0.01);
  }
  EXPECT_NEAR(weight[0][0].item<double>(), first.value(), 1e-6);
  EXPECT_NEAR(weight[0][1].item<double>(), second.value(), 1e-6);
}

TEST(AdamW, DecaysMatricesOnly) {
  at::Tensor matrix = Row({1.0F});
  at::Tensor norm = at::ones({1});
  ParameterBuffer buffer({&norm, &matrix});
  AdamW optimizer(buffer, {.weight_decay = 0.5});
  optimizer.Step(0.1);  // gradients are zero
  EXPECT_FLOAT_EQ(matrix.item<float>(), 0.95F);
  EXPECT_EQ(norm.item<float>(), 1.0F);
}

TEST(ParameterBuffer, KeepsValuesAndCollectsGradientsOfSeveralBackwards) {
  at::Tensor a = Row({1, 2, 3});
  at::Tensor b = at::tensor({4.0F, 5.0F});
  ParameterBuffer buffer({&a, &b});
  EXPECT_TRUE(a.is_leaf() && a.requires_grad());
  EXPECT_TRUE(at::equal(a.detach(), Row({1, 2, 3})));
  for (int i = 0; i < 2; ++i) (a.sum() + (b * b).sum()).backward();
  EXPECT_TRUE(at::equal(a.grad(), Row({2, 2, 2})));
  EXPECT_TRUE(at::equal(b.grad(), at::tensor({16.0F, 20.0F})));
  EXPECT_EQ(buffer.vectors().gradients.sum().item<float>(), 36);
  buffer.ZeroGradients();
  EXPECT_EQ(a.grad().abs().sum().item<float>(), 0);
}

TEST(ParameterBuffer, ClipsTheNormOverAllTensors) {
  at::Tensor a = Row({0});
  at::Tensor b = at::zeros({1});
  ParameterBuffer buffer({&a, &b});
  a.mutable_grad().fill_(3);
  b.mutable_grad().fill_(-4);
  EXPECT_FLOAT_EQ(buffer.ClipGradientNorm(10), 5);
  EXPECT_EQ(a.grad().item<float>(), 3);
  EXPECT_FLOAT_EQ(buffer.ClipGradientNorm(1), 5);
  EXPECT_FLOAT_EQ(a.grad().item<float>(), 3 * (1 / (5 + 1e-6F)));
  EXPECT_FLOAT_EQ(b.grad().item<float>(), -4 * (1 / (5 + 1e-6F)));
}

TEST(Updater, RefusesANonFiniteGradientAndLeavesTheWeights) {
  at::Tensor weight = Row({1, 2});
  Updater updater({&weight}, {}, 1);
  updater.Begin();
  weight.mutable_grad().fill_(std::numeric_limits<float>::infinity());
  const auto result = updater.Finish(7, 1.0, 0.1);
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(
      result.error().message.starts_with("update 7: the gradient norm is inf"))
      << result.error().message;
  EXPECT_TRUE(at::equal(weight.detach(), Row({1, 2})));
}

TEST(Updater, RefusesANonFiniteLoss) {
  at::Tensor weight = Row({1});
  Updater updater({&weight}, {}, 1);
  updater.Begin();
  const auto result = updater.Finish(3, std::nan(""), 0.1);
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().message.starts_with("update 3: the loss is"));
}

TEST(CheckAdamW, NamesTheFieldThatIsOutOfRange) {
  EXPECT_TRUE(CheckAdamW({}).has_value());
  EXPECT_EQ(CheckAdamW({.beta1 = 1}).error().message,
            "beta1 = 1.000000 is not in [0, 1)");
  EXPECT_FALSE(CheckAdamW({.beta2 = -0.1}).has_value());
  EXPECT_FALSE(CheckAdamW({.epsilon = 0}).has_value());
  EXPECT_FALSE(CheckAdamW({.weight_decay = -1}).has_value());
}

}  // namespace
}  // namespace rankadaptor::llama::internal
