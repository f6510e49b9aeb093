#include "surrogate/mlp/dense_network.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "rankadaptor/common/random_stream.h"

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

// Floats in the order of the inputs, one row at a time.
double ScoreRow(const DenseNetwork& network, std::span<const double> row) {
  std::vector<float> values(row.begin(), row.end());
  const float* weights = network.parameters.data();
  for (int layer = 0; layer < network.shape.num_layers(); ++layer) {
    const size_t to = network.shape.widths[layer + 1];
    const float* biases = weights + values.size() * to;
    std::vector<float> next(biases, biases + to);
    for (size_t i = 0; i < values.size(); ++i) {
      for (size_t j = 0; j < to; ++j)
        next[j] += values[i] * weights[i * to + j];
    }
    if (layer + 1 < network.shape.num_layers()) {
      for (float& value : next) value = std::max(value, 0.0F);
    }
    weights = biases + to;
    values = std::move(next);
  }
  return values[0];
}

// The vectors of the processor change nothing: a study may go on elsewhere.
TEST(DenseNetwork, ScoresAreExactlyThoseOfOneRowAtATime) {
  const DenseNetwork network = RandomNetwork({{26, 33, 32, 1}}, 1);
  RandomStream stream(1, "rows");
  std::vector<double> rows;
  for (int i = 0; i < 37 * 26; ++i) rows.push_back(stream.UniformReal(-1, 1));
  std::vector<double> outputs(37);
  Forward(network, rows, outputs);
  for (size_t r = 0; r < outputs.size(); ++r) {
    EXPECT_EQ(outputs[r],
              ScoreRow(network, std::span(rows).subspan(r * 26, 26)));
  }
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
