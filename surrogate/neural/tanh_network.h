// A multi-layer perceptron with tanh hidden layers, and a linear output that
// sees, beside the last hidden layer, "wide" features directly: what is linear
// in them need not be learned through the hidden layers. Several tasks share
// the hidden layers, each with an output ("head") of its own.
//
// tanh, not ReLU: least squares by Gauss-Newton steps wants smooth outputs.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_SURROGATE_NEURAL_TANH_NETWORK_H_
#define RANKADAPTOR_SURROGATE_NEURAL_TANH_NETWORK_H_

#include <cstdint>
#include <vector>

#include <Eigen/Core>

namespace rankadaptor::surrogate {

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct TanhNetworkShape {
  std::vector<int> widths;  // inputs, hidden layers
  int num_wide = 0;
  int num_heads = 1;

  int num_hidden_layers() const { return static_cast<int>(widths.size()) - 1; }
  // What a head weighs: last hidden layer, wide features, constant 1.
  int num_features() const { return widths.back() + num_wide + 1; }
  int num_hidden_parameters() const;
  int num_parameters() const {
    return num_hidden_parameters() + num_heads * num_features();
  }
};

// What a network is applied to, one row each.
struct NetworkRows {
  Matrix inputs;           // [num_rows, inputs]
  Matrix wide;             // [num_rows, num_wide]
  std::vector<int> heads;  // [num_rows], empty: all are of head 0

  int size() const { return static_cast<int>(inputs.rows()); }
  int head(int row) const { return heads.empty() ? 0 : heads[row]; }
};

class TanhNetwork {
 public:
  // Hidden layers drawn from the prior, heads 0.
  TanhNetwork(TanhNetworkShape shape, uint64_t seed);

  const TanhNetworkShape& shape() const { return shape_; }

  // For each hidden layer its weights, [inputs, outputs] row-major, then its
  // biases; then the heads.
  Eigen::VectorXd& parameters() { return parameters_; }
  const Eigen::VectorXd& parameters() const { return parameters_; }

  Eigen::Map<const Matrix> weights(int layer) const;
  Eigen::Map<const Eigen::VectorXd> biases(int layer) const;
  Eigen::Map<const Eigen::VectorXd> head(int index) const;

  // What the heads weigh: [num_rows, num_features].
  Matrix Features(const NetworkRows& rows) const;
  Eigen::VectorXd Outputs(const NetworkRows& rows) const;

  // Derivatives of the outputs by the parameters, by backpropagation:
  // [num_rows, num_parameters].
  Matrix Jacobian(const NetworkRows& rows) const;

 private:
  // Hidden layers' values, the inputs first.
  std::vector<Matrix> Forward(const Matrix& inputs) const;
  Matrix AppendWide(const Matrix& hidden, const Matrix& wide) const;
  int Offset(int layer) const;

  TanhNetworkShape shape_;
  Eigen::VectorXd parameters_;
};

// Standard deviations of the parameters' normal prior: sums over many inputs
// come out at about 1.
Eigen::VectorXd PriorDeviations(const TanhNetworkShape& shape);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_NEURAL_TANH_NETWORK_H_
