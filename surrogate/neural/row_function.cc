#include "surrogate/neural/row_function.h"

#include <utility>

namespace rankadaptor::surrogate {

CompiledNetwork::CompiledNetwork(const TanhNetwork& network,
                                 const LevelEncoding& encoding) {
  const auto first = network.weights(0);
  for (int i = 0; i < encoding.num_dimensions(); ++i) {
    const Matrix& inputs = encoding.levels(i);
    levels.push_back(
        (inputs * first.middleRows(encoding.begin(i), inputs.cols()))
            .cast<float>());
  }
  for (int l = 0; l < network.shape().num_hidden_layers(); ++l) {
    biases.push_back(network.biases(l).transpose().cast<float>());
    if (l > 0) weights.push_back(network.weights(l).cast<float>());
  }
}

RowFunction::State::State(const LevelEncoding& levels) : encoding(levels) {
  for (int i = 0; i < encoding.num_dimensions(); ++i) {
    tables.emplace_back(encoding.levels(i).rows(), 0.0);
  }
  const int d = encoding.num_dimensions();
  if (!encoding.products().empty()) factors = Eigen::MatrixXd::Zero(d, d);
}

void RowFunction::State::AddHidden(const CompiledNetwork& network,
                                   const Eigen::VectorXd& outputs) {
  for (Part& part : parts) {
    if (part.network != &network) continue;
    part.outputs += outputs.cast<float>();
    return;
  }
  parts.push_back(
      {.network = &network, .outputs = outputs.cast<float>(), .sums = {}});
}

void RowFunction::State::AddDirect(const Eigen::VectorXd& weights) {
  for (int i = 0; i < encoding.num_dimensions(); ++i) {
    const Matrix& inputs = encoding.levels(i);
    Eigen::Map<Eigen::VectorXd>(tables[i].data(), inputs.rows()) +=
        inputs * weights.segment(encoding.begin(i), inputs.cols());
  }
  for (size_t p = 0; p < encoding.products().size(); ++p) {
    const auto [first, second] = encoding.products()[p];
    const double weight = weights[encoding.num_inputs() + p];
    factors(first, second) += weight;
    factors(second, first) += weight;
  }
}

void RowFunction::State::StartProducts() {
  if (factors.size() == 0) return;
  Eigen::VectorXd lines(factors.rows());
  for (size_t i = 0; i < row.size(); ++i) {
    lines[i] = encoding.line(static_cast<int>(i))[row[i]];
  }
  partners = factors * lines;
  product_sum = partners.dot(lines) / 2;
}

void RowFunction::State::SetProducts(int dimension, int32_t level) {
  if (factors.size() == 0) return;
  const Eigen::VectorXd& line = encoding.line(dimension);
  const double change = line[level] - line[row[dimension]];
  product_sum += change * partners[dimension];
  partners += change * factors.col(dimension);
}

RowFunction::RowFunction(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
RowFunction::RowFunction(RowFunction&&) noexcept = default;
RowFunction& RowFunction::operator=(RowFunction&&) noexcept = default;
RowFunction::~RowFunction() = default;

void RowFunction::Start(std::span<const int32_t> row) {
  State& s = *state_;
  s.row.assign(row.begin(), row.end());
  for (State::Part& part : s.parts) {
    part.sums = part.network->biases[0];
    for (size_t i = 0; i < row.size(); ++i) {
      part.sums += part.network->levels[i].row(row[i]);
    }
  }
  s.StartProducts();
}

void RowFunction::Values(int dimension, std::span<double> values) const {
  const State& s = *state_;
  double wide = s.constant + s.product_sum;
  for (size_t i = 0; i < s.row.size(); ++i) {
    if (static_cast<int>(i) != dimension) wide += s.tables[i][s.row[i]];
  }
  for (size_t a = 0; a < values.size(); ++a) {
    values[a] = wide + s.tables[dimension][a];
  }
  if (s.factors.size() > 0) {
    const Eigen::VectorXd& line = s.encoding.line(dimension);
    const double present = line[s.row[dimension]];
    for (size_t a = 0; a < values.size(); ++a) {
      values[a] += (line[a] - present) * s.partners[dimension];
    }
  }
  for (const State::Part& part : s.parts) {
    const CompiledNetwork& network = *part.network;
    CompiledNetwork::FloatMatrix hidden = network.levels[dimension];
    hidden.rowwise() += part.sums - hidden.row(s.row[dimension]).eval();
    hidden = hidden.array().tanh();
    for (size_t l = 0; l < network.weights.size(); ++l) {
      hidden = hidden * network.weights[l];
      hidden.rowwise() += network.biases[l + 1];
      hidden = hidden.array().tanh();
    }
    const Eigen::VectorXf outputs = hidden * part.outputs;
    for (size_t a = 0; a < values.size(); ++a) values[a] += outputs[a];
  }
}

void RowFunction::SetLevel(int dimension, int32_t level) {
  State& s = *state_;
  for (State::Part& part : s.parts) {
    const auto& levels = part.network->levels[dimension];
    part.sums += levels.row(level) - levels.row(s.row[dimension]);
  }
  s.SetProducts(dimension, level);
  s.row[dimension] = level;
}

}  // namespace rankadaptor::surrogate
