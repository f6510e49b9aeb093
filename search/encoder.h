// Turns configurations into the features of a performance model: one number per
// free parameter, the index of its choice scaled evenly to [-1, 1]. The index,
// not the value, because the list of choices already says which steps are
// alike: 2, 4, 8, 16 are meant to be equally far apart.
//
// A space without free parameters has one feature, always 0. Thread-safe:
// immutable.
#ifndef RANKADAPTOR_SEARCH_ENCODER_H_
#define RANKADAPTOR_SEARCH_ENCODER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "rankadaptor/search/search_space.h"

namespace rankadaptor::internal {

class Encoder {
 public:
  explicit Encoder(const SearchSpace& space);

  int num_features() const { return num_features_; }

  // Writes num_features() numbers. `choices` has one index per parameter.
  void Encode(std::span<const int32_t> choices,
              std::span<double> features) const;

 private:
  int num_features_ = 1;
  std::vector<int> parameters_;  // of each feature
  std::vector<double> steps_;    // 2 / (number of choices - 1)
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_ENCODER_H_
