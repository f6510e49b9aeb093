// Turns levels into a network's inputs: an ordinal dimension into a line and,
// in spaces of moderate size, a parabola over its levels, others into one input
// a level. Each input has mean 0 and variance 1 over the levels.
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

class LevelEncoding {
 public:
  explicit LevelEncoding(const std::vector<Dimension>& dimensions);

  int num_dimensions() const { return static_cast<int>(inputs_.size()); }
  int num_inputs() const { return num_inputs_; }
  // The inputs of one dimension: where they begin, and their values by level,
  // [num_levels, inputs of the dimension].
  int begin(int dimension) const { return begins_[dimension]; }
  const Matrix& levels(int dimension) const { return inputs_[dimension]; }

  // `rows` is [num_rows, num_dimensions].
  Matrix Encode(std::span<const int32_t> rows) const;

 private:
  std::vector<Matrix> inputs_;
  std::vector<int> begins_;
  int num_inputs_ = 0;
};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_NEURAL_LEVEL_ENCODING_H_
