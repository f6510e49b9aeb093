#include "surrogate/neural/level_encoding.h"

namespace rankadaptor::surrogate {
namespace {

// With more dimensions the parabolas cost more than they tell.
constexpr size_t kMaxCurved = 128;

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

LevelEncoding::LevelEncoding(const std::vector<Dimension>& dimensions) {
  for (const Dimension& dimension : dimensions) {
    inputs_.push_back(EncodeLevels(dimension, dimensions.size() <= kMaxCurved));
    begins_.push_back(num_inputs_);
    num_inputs_ += static_cast<int>(inputs_.back().cols());
  }
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
