#include "surrogate/neural/tanh_network.h"

#include <gtest/gtest.h>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::surrogate {
namespace {

Matrix RandomMatrix(int rows, int columns, RandomStream& stream) {
  Matrix matrix(rows, columns);
  for (double& value : matrix.reshaped()) value = stream.Normal(0, 1);
  return matrix;
}

TEST(TanhNetwork, JacobianIsWhatFiniteDifferencesSay) {
  RandomStream stream(1);
  TanhNetwork network({.widths = {3, 5, 4}, .num_wide = 2, .num_heads = 2}, 7);
  for (double& parameter : network.parameters()) {
    parameter = stream.Normal(0, 0.7);
  }
  const NetworkRows rows{.inputs = RandomMatrix(4, 3, stream),
                         .wide = RandomMatrix(4, 2, stream),
                         .heads = {0, 1, 1, 0}};
  const Matrix jacobian = network.Jacobian(rows);
  ASSERT_EQ(jacobian.cols(), network.shape().num_parameters());
  constexpr double kStep = 1e-5;
  for (Eigen::Index p = 0; p < jacobian.cols(); ++p) {
    TanhNetwork up = network;
    up.parameters()[p] += kStep;
    TanhNetwork down = network;
    down.parameters()[p] -= kStep;
    const Eigen::VectorXd slope =
        (up.Outputs(rows) - down.Outputs(rows)) / (2 * kStep);
    for (Eigen::Index r = 0; r < jacobian.rows(); ++r) {
      // Central differences err by the square of the step.
      EXPECT_NEAR(jacobian(r, p), slope[r], 1e-8) << "parameter " << p;
    }
  }
}

TEST(TanhNetwork, WideFeaturesReachTheOutputDirectly) {
  TanhNetwork network({.widths = {1, 2}, .num_wide = 1}, 7);
  network.parameters().tail(2) << 3, 0.5;  // of the wide feature, constant
  const NetworkRows rows{.inputs = Matrix::Zero(1, 1),
                         .wide = Matrix::Constant(1, 1, 2.0)};
  EXPECT_DOUBLE_EQ(network.Outputs(rows)[0], 6.5);
}

TEST(TanhNetwork, TheSeedDecidesTheHiddenLayers) {
  const TanhNetworkShape shape{.widths = {2, 3}};
  EXPECT_EQ(TanhNetwork(shape, 1).parameters(),
            TanhNetwork(shape, 1).parameters());
  EXPECT_NE(TanhNetwork(shape, 1).parameters(),
            TanhNetwork(shape, 2).parameters());
}

}  // namespace
}  // namespace rankadaptor::surrogate
