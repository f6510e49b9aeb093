#include "surrogate/neural/tanh_network.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::surrogate {
namespace {

constexpr double kBiasDeviation = 0.5;

}  // namespace

int TanhNetworkShape::num_hidden_parameters() const {
  int count = 0;
  for (int layer = 0; layer < num_hidden_layers(); ++layer) {
    count += (widths[layer] + 1) * widths[layer + 1];
  }
  return count;
}

Eigen::VectorXd PriorDeviations(const TanhNetworkShape& shape) {
  Eigen::VectorXd deviations(shape.num_parameters());
  int position = 0;
  auto fill = [&](int count, double deviation) {
    deviations.segment(position, count).setConstant(deviation);
    position += count;
  };
  for (int layer = 0; layer < shape.num_hidden_layers(); ++layer) {
    const int from = shape.widths[layer];
    fill(from * shape.widths[layer + 1], 1 / std::sqrt(from));
    fill(shape.widths[layer + 1], kBiasDeviation);
  }
  for (int head = 0; head < shape.num_heads; ++head) {
    fill(shape.widths.back(), 1 / std::sqrt(shape.widths.back()));
    fill(shape.num_wide, 1 / std::sqrt(std::max(shape.num_wide, 1)));
    fill(1, kBiasDeviation);
  }
  return deviations;
}

TanhNetwork::TanhNetwork(TanhNetworkShape shape, uint64_t seed)
    : shape_(std::move(shape)), parameters_(PriorDeviations(shape_)) {
  RandomStream stream(seed, "network weights");
  const int num_hidden = shape_.num_hidden_parameters();
  for (int i = 0; i < num_hidden; ++i) parameters_[i] *= stream.Normal(0, 1);
  parameters_.tail(parameters_.size() - num_hidden).setZero();
}

int TanhNetwork::Offset(int layer) const {
  int offset = 0;
  for (int l = 0; l < layer; ++l) {
    offset += (shape_.widths[l] + 1) * shape_.widths[l + 1];
  }
  return offset;
}

Eigen::Map<const Matrix> TanhNetwork::weights(int layer) const {
  return {parameters_.data() + Offset(layer),
          shape_.widths[layer],
          shape_.widths[layer + 1]};
}

Eigen::Map<const Eigen::VectorXd> TanhNetwork::biases(int layer) const {
  return {parameters_.data() + Offset(layer) +
              shape_.widths[layer] * shape_.widths[layer + 1],
          shape_.widths[layer + 1]};
}

Eigen::Map<const Eigen::VectorXd> TanhNetwork::head(int index) const {
  return {parameters_.data() + shape_.num_hidden_parameters() +
              index * shape_.num_features(),
          shape_.num_features()};
}

std::vector<Matrix> TanhNetwork::Forward(const Matrix& inputs) const {
  std::vector<Matrix> values = {inputs};
  for (int layer = 0; layer < shape_.num_hidden_layers(); ++layer) {
    Matrix sums = values.back() * weights(layer);
    sums.rowwise() += biases(layer).transpose();
    values.push_back(sums.array().tanh());
  }
  return values;
}

Matrix TanhNetwork::AppendWide(const Matrix& hidden, const Matrix& wide) const {
  Matrix features(hidden.rows(), shape_.num_features());
  features << hidden, wide, Matrix::Ones(hidden.rows(), 1);
  return features;
}

Matrix TanhNetwork::Features(const NetworkRows& rows) const {
  return AppendWide(Forward(rows.inputs).back(), rows.wide);
}

Eigen::VectorXd TanhNetwork::Outputs(const NetworkRows& rows) const {
  const Matrix features = Features(rows);
  Eigen::VectorXd outputs(rows.size());
  for (int r = 0; r < rows.size(); ++r) {
    outputs[r] = features.row(r).dot(head(rows.head(r)));
  }
  return outputs;
}

Matrix TanhNetwork::Jacobian(const NetworkRows& rows) const {
  const std::vector<Matrix> values = Forward(rows.inputs);
  const Matrix features = AppendWide(values.back(), rows.wide);
  Matrix jacobian = Matrix::Zero(rows.size(), shape_.num_parameters());
  Matrix back(rows.size(), shape_.widths.back());
  for (int r = 0; r < rows.size(); ++r) {
    jacobian.block(
        r,
        shape_.num_hidden_parameters() + rows.head(r) * shape_.num_features(),
        1,
        shape_.num_features()) = features.row(r);
    back.row(r) = head(rows.head(r)).head(shape_.widths.back());
  }
  for (int layer = shape_.num_hidden_layers() - 1; layer >= 0; --layer) {
    const int from = shape_.widths[layer];
    const int to = shape_.widths[layer + 1];
    // Derivatives by the layer's sums.
    back.array() *= 1 - values[layer + 1].array().square();
    for (int r = 0; r < rows.size(); ++r) {
      double* row = jacobian.row(r).data() + Offset(layer);
      Eigen::Map<Matrix>(row, from, to).noalias() =
          values[layer].row(r).transpose() * back.row(r);
      Eigen::Map<Eigen::RowVectorXd>(row + from * to, to) = back.row(r);
    }
    if (layer > 0) back = back * weights(layer).transpose();
  }
  return jacobian;
}

}  // namespace rankadaptor::surrogate
