#include "surrogate/mlp/dense_network.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::surrogate {
namespace {

// Rows that go through the network together, one per SIMD lane. A row's sums
// are taken in the same order in every lane, so it does not matter which one
// it gets.
constexpr size_t kLanes = 16;
using Lanes = std::array<float, kLanes>;

// outputs[j] = bias[j] + sum_i inputs[i] * weights[i][j], in order of i.
void Multiply(const float* weights,
              const float* biases,
              const std::vector<Lanes>& inputs,
              size_t num_inputs,
              size_t num_outputs,
              std::vector<Lanes>& outputs) {
  for (size_t j = 0; j < num_outputs; ++j) {
    Lanes sum;
    sum.fill(biases[j]);
    for (size_t i = 0; i < num_inputs; ++i) {
      const float weight = weights[i * num_outputs + j];
      for (size_t l = 0; l < kLanes; ++l) sum[l] += weight * inputs[i][l];
    }
    outputs[j] = sum;
  }
}

void Rectify(std::vector<Lanes>& values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    for (float& value : values[i]) value = value > 0 ? value : 0;
  }
}

}  // namespace

int64_t NetworkShape::num_parameters() const {
  int64_t count = 0;
  for (int layer = 0; layer < num_layers(); ++layer) {
    count += (int64_t{widths[layer]} + 1) * widths[layer + 1];
  }
  return count;
}

DenseNetwork RandomNetwork(const NetworkShape& shape, uint64_t seed) {
  DenseNetwork network{.shape = shape};
  RandomStream stream(seed, "network weights");
  for (int layer = 0; layer < shape.num_layers(); ++layer) {
    const int num_inputs = shape.widths[layer];
    const int num_outputs = shape.widths[layer + 1];
    const double deviation = std::sqrt(2.0 / num_inputs);
    for (int i = 0; i < num_inputs * num_outputs; ++i) {
      network.parameters.push_back(
          static_cast<float>(stream.Normal(0, deviation)));
    }
    network.parameters.insert(network.parameters.end(), num_outputs, 0.0F);
  }
  return network;
}

void Forward(const DenseNetwork& network,
             std::span<const double> inputs,
             std::span<double> outputs) {
  const std::vector<int>& widths = network.shape.widths;
  const auto num_inputs = static_cast<size_t>(widths.front());
  const auto widest = static_cast<size_t>(std::ranges::max(widths));
  std::vector<Lanes> current(widest);
  std::vector<Lanes> next(widest);
  for (size_t row = 0; row < outputs.size(); row += kLanes) {
    const size_t num_rows = std::min(kLanes, outputs.size() - row);
    for (size_t i = 0; i < num_inputs; ++i) {
      current[i].fill(0);
      for (size_t l = 0; l < num_rows; ++l) {
        current[i][l] = static_cast<float>(inputs[(row + l) * num_inputs + i]);
      }
    }
    const float* parameters = network.parameters.data();
    for (size_t layer = 0; layer + 1 < widths.size(); ++layer) {
      const auto from = static_cast<size_t>(widths[layer]);
      const auto to = static_cast<size_t>(widths[layer + 1]);
      Multiply(parameters, parameters + from * to, current, from, to, next);
      parameters += (from + 1) * to;
      if (layer + 2 < widths.size()) Rectify(next, to);
      std::swap(current, next);
    }
    for (size_t l = 0; l < num_rows; ++l) outputs[row + l] = current[0][l];
  }
}

}  // namespace rankadaptor::surrogate
