// How a RowFunction is put together: hidden layers of networks, compiled to one
// table of first-layer sums a dimension, with the weights of their outputs; and
// what the wide features add, compiled to one number a level and a factor for
// two dimensions' lines.
//
// Thread-safety: compiled networks are immutable.
#ifndef RANKADAPTOR_SURROGATE_NEURAL_ROW_FUNCTION_H_
#define RANKADAPTOR_SURROGATE_NEURAL_ROW_FUNCTION_H_

#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "rankadaptor/surrogate/neural_ensemble.h"

#include "surrogate/neural/level_encoding.h"
#include "surrogate/neural/tanh_network.h"

namespace rankadaptor::surrogate {

// In single precision: it ranks candidates, and is twice as fast.
struct CompiledNetwork {
  using FloatMatrix =
      Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  CompiledNetwork() = default;
  CompiledNetwork(const TanhNetwork& network, const LevelEncoding& encoding);

  // What each level adds to the first layer's sums:
  // [num_dimensions][num_levels, first width].
  std::vector<FloatMatrix> levels;
  std::vector<FloatMatrix> weights;        // of the layers after the first
  std::vector<Eigen::RowVectorXf> biases;  // of all layers
};

struct RowFunction::State {
  struct Part {
    const CompiledNetwork* network = nullptr;  // borrowed
    Eigen::VectorXf outputs;                   // of the last hidden layer
    Eigen::RowVectorXf sums;                   // of the first one, at the row
  };

  // `encoding` is borrowed.
  explicit State(const LevelEncoding& encoding);

  // Adds a network's last hidden layer, weighted.
  void AddHidden(const CompiledNetwork& network,
                 const Eigen::VectorXd& outputs);
  // Adds the weighted inputs of all dimensions, then their products.
  void AddDirect(const Eigen::VectorXd& weights);

  void StartProducts();
  void SetProducts(int dimension, int32_t level);

  const LevelEncoding& encoding;
  std::vector<Part> parts;
  double constant = 0;
  std::vector<std::vector<double>> tables;  // [num_dimensions][num_levels]
  Eigen::MatrixXd factors;  // of products, symmetric; empty without them
  std::vector<int32_t> row;
  // At the row: what a dimension's line is multiplied by, and all products.
  Eigen::VectorXd partners;
  double product_sum = 0;
};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_NEURAL_ROW_FUNCTION_H_
