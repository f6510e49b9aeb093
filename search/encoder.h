// Turns configurations into the features of a performance model, numbers in
// [-1, 1]. A free ordinal parameter is one feature, the index of its choice
// scaled evenly; the index, not the value, because the list of choices already
// says which steps are alike: 2, 4, 8, 16 are meant to be equally far apart. A
// free categorical parameter is one feature per choice: 1 for the chosen one,
// -1 for the others.
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
  // A feature is the choice times `step` minus 1, or whether the choice is
  // `category`.
  struct Feature {
    int parameter = 0;
    double step = 0;
    int32_t category = -1;  // -1: ordinal
  };

  int num_features_ = 1;
  std::vector<Feature> features_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_ENCODER_H_
