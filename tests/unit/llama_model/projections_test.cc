#include "evaluators/llama/model/projections.h"

#include <gtest/gtest.h>

#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama::internal {
namespace {

at::Tensor Leaf(const at::Tensor& x) { return x.set_requires_grad(true); }

LoraModule RandomModule(int64_t rank, int64_t in, int64_t out, double scale) {
  return {Leaf(at::randn({rank, in})), Leaf(at::randn({out, rank})), scale};
}

// Two adapted projections and, between them, one that is not.
class Projections : public ::testing::Test {
 protected:
  Projections() {
    at::manual_seed(4);
    x_ = at::randn({2, 5, 6});
    weights_ = {at::randn({7, 6}), at::randn({4, 6}), at::randn({3, 6})};
    first_ = RandomModule(2, 6, 7, 0.5);
    last_ = RandomModule(3, 6, 3, 2);
  }

  ProjectionGroup Group() const {
    ProjectionGroup group;
    group.weights = weights_;
    group.adapters = {&first_, nullptr, &last_};
    return group;
  }

  // The outputs, each with a weight of its own, as one number.
  static at::Tensor Sum(const std::vector<at::Tensor>& outputs) {
    at::Tensor sum = at::zeros({});
    for (const at::Tensor& y : outputs) {
      sum = sum + (y * at::linspace(-1, 1, y.numel()).view(y.sizes())).sum();
    }
    return sum;
  }

  // The definition, with the adapter's input given.
  static at::Tensor Plain(const at::Tensor& x,
                          const at::Tensor& kept,
                          const at::Tensor& weight,
                          const LoraModule& module) {
    at::Tensor y = at::linear(x, weight);
    if (!module.defined()) return y;
    at::Tensor update = at::linear(at::linear(kept, module.a), module.b);
    return y + update * module.scale;
  }

  std::vector<at::Tensor> Gradients(const at::Tensor& loss,
                                    const at::Tensor& x) {
    std::vector<at::Tensor> leaves = {x, first_.a, first_.b, last_.a, last_.b};
    for (at::Tensor& leaf : leaves) leaf.mutable_grad() = at::Tensor();
    loss.backward();
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& leaf : leaves) gradients.push_back(leaf.grad());
    return gradients;
  }

  at::Tensor x_;
  std::vector<at::Tensor> weights_;
  LoraModule first_;
  LoraModule last_;
};

TEST_F(Projections, HaveTheValuesAndGradientsOfTheirDefinition) {
  const at::Tensor x = Leaf(x_.clone());
  const std::vector<at::Tensor> outputs = Project(x, Group());
  const std::vector<at::Tensor> expected = {Plain(x, x, weights_[0], first_),
                                            Plain(x, x, weights_[1], {}),
                                            Plain(x, x, weights_[2], last_)};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(at::allclose(outputs[i], expected[i], 1e-5, 1e-5)) << i;
  }
  const auto actual_gradients = Gradients(Sum(outputs), x);
  const auto expected_gradients = Gradients(Sum(expected), x);
  for (size_t i = 0; i < actual_gradients.size(); ++i) {
    EXPECT_TRUE(
        at::allclose(actual_gradients[i], expected_gradients[i], 1e-4, 1e-4))
        << i;
  }
}

TEST_F(Projections, NeedNoGradientOfAnInputThatNeedsNone) {
  const std::vector<at::Tensor> outputs = Project(x_, Group());
  Sum(outputs).backward();
  EXPECT_FALSE(x_.grad().defined());
  EXPECT_TRUE(first_.a.grad().defined());
  EXPECT_FALSE(weights_[0].requires_grad());
}

TEST_F(Projections, TrainTheirWeightsWithoutAdapters) {
  ProjectionGroup group;
  group.weights = {Leaf(weights_[0].clone())};
  group.adapters = {nullptr};
  Sum(Project(x_, group)).backward();
  EXPECT_TRUE(group.weights[0].grad().defined());
}

TEST_F(Projections, DropTheInputOfAdaptersOnly) {
  ProjectionGroup group = Group();
  group.dropout = 0.4;
  group.dropout_seed = 11;
  const std::vector<at::Tensor> outputs = Project(x_, group);
  EXPECT_TRUE(
      at::allclose(outputs[1], at::linear(x_, weights_[1]), 1e-5, 1e-5));
  EXPECT_FALSE(at::allclose(outputs[0], Project(x_, Group())[0], 1e-3, 1e-3));
  // The same seed, the same mask; another seed, another.
  EXPECT_TRUE(at::equal(Project(x_, group)[0], outputs[0]));
  group.dropout_seed = 12;
  EXPECT_FALSE(at::equal(Project(x_, group)[0], outputs[0]));
}

TEST_F(Projections, SeeTheGradientThroughTheMaskThatTheyApplied) {
  ProjectionGroup group = Group();
  group.dropout = 0.4;
  group.dropout_seed = 11;
  // W = 0 and one adapter that shows each kept input, scaled up.
  const int64_t in = 6;
  LoraModule identity = {Leaf(at::eye(in)), Leaf(at::eye(in)), 1};
  group.weights = {at::zeros({in, in})};
  group.adapters = {&identity};
  const at::Tensor x = Leaf(at::ones({50, 40, in}));
  const at::Tensor y = Project(x, group)[0];
  const at::Tensor kept = y.detach() > 0;
  EXPECT_NEAR(kept.to(at::kFloat).mean().item<double>(), 0.6, 0.02);
  EXPECT_TRUE(at::allclose(y.detach(), kept.to(at::kFloat) / 0.6));
  y.sum().backward();
  EXPECT_TRUE(at::allclose(x.grad(), kept.to(at::kFloat) / 0.6));
}

TEST_F(Projections, KeepFp32AdaptersBesideBf16Weights) {
  const at::Tensor x = Leaf(x_.to(at::kBFloat16));
  ProjectionGroup group = Group();
  for (at::Tensor& weight : group.weights) weight = weight.to(at::kBFloat16);
  const std::vector<at::Tensor> outputs = Project(x, group);
  const std::vector<at::Tensor> expected = Project(x_, Group());
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(outputs[i].scalar_type(), at::kBFloat16);
    EXPECT_TRUE(at::allclose(outputs[i].to(at::kFloat), expected[i], 0.05, 0.2))
        << i;
  }
  Sum({outputs[0].to(at::kFloat), outputs[2].to(at::kFloat)}).backward();
  EXPECT_EQ(first_.a.grad().scalar_type(), at::kFloat);
  EXPECT_EQ(x.grad().scalar_type(), at::kBFloat16);
}

}  // namespace
}  // namespace rankadaptor::llama::internal
