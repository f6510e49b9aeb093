#include "surrogate/mlp/dense_network.h"

#include <cmath>

#include <gmock/gmock.h>

namespace rankadaptor::surrogate {
namespace {

using ::testing::ElementsAre;

TEST(DenseNetwork, ComputesRectifiedLayersAndALinearOutput) {
  // h = relu(x W + b) with W = [[1, -1], [2, 3]], b = [0, 1];
  // y = 10 h0 - 100 h1 + 5.
  DenseNetwork network{{{2, 2, 1}}, {1, -1, 2, 3, 0, 1, 10, -100, 5}};
  EXPECT_EQ(network.shape.num_parameters(), 9);
  std::vector<double> outputs(3);
  Forward(network, std::vector<double>{1, 0, 1, 1, -2, -3}, outputs);
  EXPECT_THAT(outputs, ElementsAre(10 - 0 + 5, 30 - 300 + 5, 5));
}

TEST(DenseNetwork, WithoutHiddenLayersItIsLinear) {
  DenseNetwork network{{{2, 1}}, {2, -3, 1}};
  std::vector<double> outputs(1);
  Forward(network, std::vector<double>{10, 1}, outputs);
  EXPECT_THAT(outputs, ElementsAre(18));
}

TEST(DenseNetwork, RandomWeightsKeepTheScaleOfTheInputs) {
  DenseNetwork network = RandomNetwork({{100, 64, 1}}, 1);
  ASSERT_EQ(static_cast<int64_t>(network.parameters.size()),
            network.shape.num_parameters());
  double squares = 0;
  for (int i = 0; i < 6400; ++i) {
    squares += network.parameters[i] * network.parameters[i];
  }
  EXPECT_NEAR(squares / 6400, 2.0 / 100, 0.002);
  for (int i = 6400; i < 6464; ++i) EXPECT_EQ(network.parameters[i], 0);
  EXPECT_NE(network.parameters, RandomNetwork({{100, 64, 1}}, 2).parameters);
}

}  // namespace
}  // namespace rankadaptor::surrogate
