// Turns levels into a network's inputs: an ordinal dimension into a line and,
// in spaces of moderate size, a parabola over its levels, others into one input
// a level. Each input has mean 0 and variance 1 over the levels. Two ordinal
// dimensions also have the product of their lines: a small network needs very
// many rows to find such interactions by itself.
//
// Thread-safe: immutable.
#ifndef RANKADAPTOR_SURROGATE_NEURAL_LEVEL_ENCODING_H_
#define RANKADAPTOR_SURROGATE_NEURAL_LEVEL_ENCODING_H_

#include <cstdint>
#include <span>
#include <vector>

#include "rankadaptor/surrogate/effect_tables.h"

#include "surrogate/neural/tanh_network.h"

namespace rankadaptor::surrogate {

struct LineProduct {
  int first = 0;  // dimensions
  int second = 0;
};

class LevelEncoding {
 public:
  LevelEncoding(const std::vector<Dimension>& dimensions, bool with_products);

  int num_dimensions() const { return static_cast<int>(inputs_.size()); }
  int num_inputs() const { return num_inputs_; }
  // The inputs of one dimension: where they begin, and their values by level,
  // [num_levels, inputs of the dimension].
  int begin(int dimension) const { return begins_[dimension]; }
  const Matrix& levels(int dimension) const { return inputs_[dimension]; }

  // The line's value by level; zeros where there is no order.
  const Eigen::VectorXd& line(int dimension) const { return lines_[dimension]; }

  // Products of neighbours, then those of all others, unless there are very
  // many.
  const std::vector<LineProduct>& products() const { return products_; }
  int num_neighbour_products() const { return num_neighbour_products_; }

  // `rows` is [num_rows, num_dimensions].
  Matrix Encode(std::span<const int32_t> rows) const;
  // Of encoded rows: [num_rows, products().size()].
  Matrix Products(const Matrix& encoded) const;

 private:
  void AddProducts(const std::vector<Dimension>& dimensions);

  std::vector<Matrix> inputs_;
  std::vector<int> begins_;
  std::vector<Eigen::VectorXd> lines_;
  std::vector<LineProduct> products_;
  int num_neighbour_products_ = 0;
  int num_inputs_ = 0;
};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_NEURAL_LEVEL_ENCODING_H_
