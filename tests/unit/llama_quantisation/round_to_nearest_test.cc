#include "evaluators/llama/quantisation/round_to_nearest.h"

#include <gtest/gtest.h>

namespace rankadaptor::llama::internal {
namespace {

std::vector<float> Values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kFloat).contiguous().view(-1);
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

TEST(RoundToNearest, SpacesValuesEvenlyBetweenMinimumAndMaximum) {
  // 2 bits: 0, 1, 2, 3.
  const at::Tensor weight = at::tensor({0.0f, 0.9f, 1.6f, 3.0f}).view({1, 4});
  EXPECT_EQ(Values(RoundToNearest(weight, 2, 4)),
            (std::vector<float>{0, 1, 2, 3}));
}

TEST(RoundToNearest, OneBitKeepsTheTwoEnds) {
  const at::Tensor weight = at::tensor({-1.0f, -0.5f, 0.5f, 1.0f}).view({1, 4});
  EXPECT_EQ(Values(RoundToNearest(weight, 1, 4)),
            (std::vector<float>{-1, -1, 1, 1}));
}

TEST(RoundToNearest, GroupsAreRowsOwnAndTheLastIsShorter) {
  // Groups of 2: (0, 8), (1, 3), (5); at one bit every value is an end.
  const at::Tensor weight =
      at::tensor({0.0f, 8.0f, 1.0f, 3.0f, 5.0f}).view({1, 5});
  EXPECT_EQ(Values(RoundToNearest(weight, 1, 2)),
            (std::vector<float>{0, 8, 1, 3, 5}));
}

TEST(RoundToNearest, EqualValuesStay) {
  const at::Tensor weight = at::full({2, 8}, 0.75f);
  EXPECT_EQ(Values(RoundToNearest(weight, 2, 4)), Values(weight));
}

TEST(RoundToNearest, IsWithinHalfAStep) {
  const at::Tensor weight =
      at::sin(at::arange(0, 640, at::kFloat)).view({5, 128});
  for (int bits : {2, 3, 4, 6, 8}) {
    const at::Tensor groups = weight.view({5, 4, 32});
    const at::Tensor step =
        (groups.amax(-1, true) - groups.amin(-1, true)) / ((1 << bits) - 1);
    const at::Tensor error =
        (RoundToNearest(weight, bits, 32).view({5, 4, 32}) - groups).abs();
    // Minimum and step are 16-bit floats: 2^-11 of their size each.
    EXPECT_TRUE((error <= step / 2 + 2e-3).all().item<bool>()) << bits;
  }
}

TEST(RoundToNearest, KeepsTheDtype) {
  const at::Tensor weight = at::ones({2, 4}, at::kBFloat16);
  EXPECT_EQ(RoundToNearest(weight, 4, 4).scalar_type(), at::kBFloat16);
}

}  // namespace
}  // namespace rankadaptor::llama::internal
