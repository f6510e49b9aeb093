// The weights of a multi-layer perceptron with ReLU hidden layers and one
// linear output, as plain numbers, and its forward pass as plain loops: fast on
// many small rows, the same bits for a row wherever it stands.
//
// Thread-safety: plain values; Forward() only reads.
#ifndef RANKADAPTOR_SURROGATE_MLP_DENSE_NETWORK_H_
#define RANKADAPTOR_SURROGATE_MLP_DENSE_NETWORK_H_

#include <cstdint>
#include <span>
#include <vector>

namespace rankadaptor::surrogate {

// The shape of a network: inputs, hidden widths, one output.
struct NetworkShape {
  std::vector<int> widths;  // [num_layers + 1], the last is 1

  int num_layers() const { return static_cast<int>(widths.size()) - 1; }
  int num_inputs() const { return widths.front(); }
  // Numbers in all weights and biases.
  int64_t num_parameters() const;
};

// All parameters in one array: for each layer its weights, [inputs, outputs]
// row-major, then its biases.
struct DenseNetwork {
  NetworkShape shape;
  std::vector<float> parameters;
};

// He-normal weights, zero biases.
DenseNetwork RandomNetwork(const NetworkShape& shape, uint64_t seed);

// Writes the network's output for each row of `inputs`, [outputs.size(),
// num_inputs] row-major.
void Forward(const DenseNetwork& network,
             std::span<const double> inputs,
             std::span<double> outputs);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_MLP_DENSE_NETWORK_H_
