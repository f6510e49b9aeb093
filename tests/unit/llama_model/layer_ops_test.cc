#include "evaluators/llama/model/layer_ops.h"

#include <functional>

#include <gtest/gtest.h>

namespace rankadaptor::llama::internal {
namespace {

// The steps as chains of tensor operations whose gradients LibTorch derives.
at::Tensor PlainRmsNorm(const at::Tensor& x, const at::Tensor& w, double eps) {
  at::Tensor wide = x.to(at::kFloat);
  at::Tensor scale = at::rsqrt(wide.square().mean(-1, true) + eps);
  return (wide * scale).to(x.scalar_type()) * w;
}

at::Tensor PlainSpread(const at::Tensor& x,
                       const RotaryTables* tables,
                       int64_t num_heads,
                       int64_t repeat) {
  at::Tensor heads = x.view({x.size(0), x.size(1), num_heads, -1});
  if (tables != nullptr) {
    heads = heads * tables->cosine +
            at::roll(heads, heads.size(-1) / 2, -1) * tables->signed_sine;
  }
  return heads.transpose(1, 2).repeat_interleave(repeat, 1);
}

using Inputs = std::vector<at::Tensor>;
using Step = std::function<at::Tensor(const Inputs&)>;

struct Outcome {
  at::Tensor y;
  Inputs gradients;
};

// `step` and the gradients of a weighted sum of its output.
Outcome Run(const Step& step, const Inputs& values) {
  Inputs inputs;
  for (const at::Tensor& value : values) {
    inputs.push_back(value.clone().set_requires_grad(true));
  }
  at::Tensor y = step(inputs);
  at::Tensor weights =
      at::linspace(-1, 1, y.numel()).view(y.sizes()).to(y.scalar_type());
  (y * weights).sum().backward();
  Outcome outcome = {y.detach(), {}};
  for (const at::Tensor& input : inputs) {
    outcome.gradients.push_back(input.grad());
  }
  return outcome;
}

// Equal up to rounding: `tolerance` times the largest value.
void ExpectClose(const at::Tensor& actual,
                 const at::Tensor& expected,
                 double tolerance) {
  ASSERT_EQ(actual.sizes(), expected.sizes());
  ASSERT_EQ(actual.scalar_type(), expected.scalar_type());
  const double largest = expected.to(at::kDouble).abs().max().item<double>();
  const double difference = (actual.to(at::kDouble) - expected.to(at::kDouble))
                                .abs()
                                .max()
                                .item<double>();
  EXPECT_LE(difference, tolerance * largest);
}

void ExpectSame(const Step& actual,
                const Step& expected,
                const Inputs& values,
                double tolerance) {
  const Outcome a = Run(actual, values);
  const Outcome e = Run(expected, values);
  ExpectClose(a.y, e.y, tolerance);
  for (size_t i = 0; i < values.size(); ++i) {
    SCOPED_TRACE("gradient of input " + std::to_string(i));
    ExpectClose(a.gradients[i], e.gradients[i], tolerance);
  }
}

// Widths that are and are not multiples of a vector register. (Of width 1 a
// norm has no gradient but rounding.)
class LayerOps : public ::testing::TestWithParam<int64_t> {
 protected:
  LayerOps() { at::manual_seed(static_cast<uint64_t>(GetParam())); }
  int64_t width() const { return GetParam(); }
};

TEST_P(LayerOps, RmsNormHasTheValuesAndGradientsOfItsDefinition) {
  const Inputs values = {at::randn({3, 5, width()}), at::rand({width()}) + 0.5};
  ExpectSame([](const Inputs& in) { return RmsNorm(in[0], in[1], 1e-5); },
             [](const Inputs& in) { return PlainRmsNorm(in[0], in[1], 1e-5); },
             values,
             2e-6);
}

TEST_P(LayerOps, SwiGluHasTheValuesAndGradientsOfItsDefinition) {
  const Inputs values = {at::randn({3, 5, width()}) * 8,
                         at::randn({3, 5, width()})};
  ExpectSame([](const Inputs& in) { return SwiGlu(in[0], in[1]); },
             [](const Inputs& in) { return at::silu(in[0]) * in[1]; },
             values,
             2e-6);
}

INSTANTIATE_TEST_SUITE_P(Widths, LayerOps, ::testing::Values(3, 16, 37, 64));

TEST(SwiGlu, StaysFiniteFarFromZero) {
  const at::Tensor gate = at::tensor({-1e4F, -100.0F, 0.0F, 100.0F, 1e4F});
  const at::Tensor y = SwiGlu(gate, at::ones(5));
  EXPECT_TRUE(
      at::allclose(y, at::tensor({0.0F, 0.0F, 0.0F, 100.0F, 1e4F}), 1e-6));
}

TEST(LayerOps, WorkInBf16) {
  at::manual_seed(1);
  const Inputs values = {at::randn({3, 5, 24}).to(at::kBFloat16),
                         (at::rand({24}) + 0.5).to(at::kBFloat16)};
  ExpectSame([](const Inputs& in) { return RmsNorm(in[0], in[1], 1e-5); },
             [](const Inputs& in) { return PlainRmsNorm(in[0], in[1], 1e-5); },
             values,
             0.02);
  const Inputs gates = {values[0], values[0].flip(0)};
  ExpectSame([](const Inputs& in) { return SwiGlu(in[0], in[1]); },
             [](const Inputs& in) { return at::silu(in[0]) * in[1]; },
             gates,
             0.02);
}

RotaryTables Tables(std::vector<int64_t> shape) {
  at::Tensor angles = at::rand(shape) * 6;
  angles = at::cat({angles, angles}, -1);
  at::Tensor sine = angles.sin();
  const int64_t half = sine.size(-1) / 2;
  sine.narrow(-1, 0, half).neg_();
  return {angles.cos(), sine};
}

// Head widths with a kernel of their own (8, 16, 32) and without.
class SpreadHeadsOf : public ::testing::TestWithParam<int64_t> {};

TEST_P(SpreadHeadsOf, MovesRotatesAndRepeatsHeads) {
  const int64_t d = GetParam();
  at::manual_seed(2);
  const Inputs values = {at::randn({2, 5, 3 * d})};
  const RotaryTables by_position = Tables({5, 1, d / 2});
  const RotaryTables by_row = Tables({2, 5, 1, d / 2});
  for (const RotaryTables* tables :
       {static_cast<const RotaryTables*>(nullptr), &by_position, &by_row}) {
    for (int64_t repeat : {1, 2}) {
      ExpectSame(
          [&](const Inputs& in) {
            return SpreadHeads(in[0], tables, 3, repeat);
          },
          [&](const Inputs& in) {
            return PlainSpread(in[0], tables, 3, repeat);
          },
          values,
          2e-6);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(HeadDims,
                         SpreadHeadsOf,
                         ::testing::Values(4, 8, 16, 32, 64));

}  // namespace
}  // namespace rankadaptor::llama::internal
