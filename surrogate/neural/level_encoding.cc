#include "surrogate/neural/level_encoding.h"

namespace rankadaptor::surrogate {
namespace {

// With more dimensions the parabolas cost more than they tell.
constexpr size_t kMaxCurved = 128;

// With more dimensions only neighbours have products, or none.
constexpr int kMaxAllProducts = 40;
constexpr int kMaxNeighbourProducts = 256;

void Standardise(Eigen::Ref<Eigen::VectorXd> column) {
  column.array() -= column.mean();
  column /= column.norm() / std::sqrt(static_cast<double>(column.size()));
}

Matrix EncodeLevels(const Dimension& dimension, bool curved) {
  const int levels = dimension.num_levels;
  Eigen::MatrixXd inputs;
  if (dimension.ordinal) {
    inputs.resize(levels, curved && levels > 2 ? 2 : 1);
    inputs.col(0) = Eigen::VectorXd::LinSpaced(levels, -1, 1);
    if (inputs.cols() > 1) inputs.col(1) = inputs.col(0).cwiseAbs2();
  } else {
    inputs = Eigen::MatrixXd::Identity(levels, levels);
  }
  for (Eigen::Index c = 0; c < inputs.cols(); ++c) Standardise(inputs.col(c));
  return inputs;
}

}  // namespace

LevelEncoding::LevelEncoding(const std::vector<Dimension>& dimensions,
                             bool with_products) {
  for (const Dimension& dimension : dimensions) {
    inputs_.push_back(EncodeLevels(dimension, dimensions.size() <= kMaxCurved));
    begins_.push_back(num_inputs_);
    num_inputs_ += static_cast<int>(inputs_.back().cols());
    lines_.push_back(inputs_.back().col(0));
    if (!dimension.ordinal) lines_.back().setZero();
  }
  if (with_products) AddProducts(dimensions);
}

void LevelEncoding::AddProducts(const std::vector<Dimension>& dimensions) {
  const int d = num_dimensions();
  if (d > kMaxNeighbourProducts) return;
  auto add = [&](int first, int second) {
    if (!dimensions[first].ordinal || !dimensions[second].ordinal) return;
    products_.push_back({.first = first, .second = second});
  };
  for (int i = 0; i + 1 < d; ++i) add(i, i + 1);
  num_neighbour_products_ = static_cast<int>(products_.size());
  if (d > kMaxAllProducts) return;
  for (int i = 0; i < d; ++i) {
    for (int j = i + 2; j < d; ++j) add(i, j);
  }
}

Matrix LevelEncoding::Products(const Matrix& encoded) const {
  Matrix values(encoded.rows(), products_.size());
  for (Eigen::Index p = 0; p < values.cols(); ++p) {
    const auto [first, second] = products_[static_cast<size_t>(p)];
    values.col(p) =
        encoded.col(begins_[first]).cwiseProduct(encoded.col(begins_[second]));
  }
  return values;
}

Matrix LevelEncoding::Encode(std::span<const int32_t> rows) const {
  const size_t d = inputs_.size();
  Matrix encoded(rows.size() / d, num_inputs_);
  for (Eigen::Index r = 0; r < encoded.rows(); ++r) {
    for (size_t i = 0; i < d; ++i) {
      encoded.row(r).segment(begins_[i], inputs_[i].cols()) =
          inputs_[i].row(rows[static_cast<size_t>(r) * d + i]);
    }
  }
  return encoded;
}

}  // namespace rankadaptor::surrogate
