#include "surrogate/mlp/dense_network.h"

#include <algorithm>
#include <cmath>

#include "rankadaptor/common/random_stream.h"

#include "surrogate/mlp/multiply_lanes.h"

namespace rankadaptor::surrogate {
namespace {

void Rectify(std::vector<Lanes>& values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    for (float& value : values[i].values) value = value > 0 ? value : 0;
  }
}

// The rows' features in [num_rows, num_inputs], one row a lane; the lanes that
// are left over repeat the last row.
void Load(std::span<const double> rows,
          size_t num_inputs,
          std::vector<Lanes>& lanes) {
  const size_t last = rows.size() / num_inputs - 1;
  for (size_t l = 0; l < kNumLanes; ++l) {
    const double* row = rows.data() + std::min(l, last) * num_inputs;
    for (size_t i = 0; i < num_inputs; ++i) {
      lanes[i].values[l] = static_cast<float>(row[i]);
    }
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
  for (size_t row = 0; row < outputs.size(); row += kNumLanes) {
    const size_t num_rows = std::min(kNumLanes, outputs.size() - row);
    Load(inputs.subspan(row * num_inputs, num_rows * num_inputs),
         num_inputs,
         current);
    const float* parameters = network.parameters.data();
    for (size_t layer = 0; layer + 1 < widths.size(); ++layer) {
      const auto from = static_cast<size_t>(widths[layer]);
      const auto to = static_cast<size_t>(widths[layer + 1]);
      MultiplyLanes(parameters,
                    parameters + from * to,
                    current.data(),
                    from,
                    to,
                    next.data());
      parameters += (from + 1) * to;
      if (layer + 2 < widths.size()) Rectify(next, to);
      std::swap(current, next);
    }
    for (size_t l = 0; l < num_rows; ++l)
      outputs[row + l] = current[0].values[l];
  }
}

}  // namespace rankadaptor::surrogate
