#include "search/encoder.h"

#include <algorithm>

namespace rankadaptor::internal {

Encoder::Encoder(const SearchSpace& space)
    : parameters_(space.free_parameters()) {
  num_features_ = std::max(1, static_cast<int>(parameters_.size()));
  for (int parameter : parameters_) {
    steps_.push_back(
        2.0 /
        (static_cast<double>(space.parameter(parameter).choices.size()) - 1));
  }
}

void Encoder::Encode(std::span<const int32_t> choices,
                     std::span<double> features) const {
  features[0] = 0;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    features[i] = choices[parameters_[i]] * steps_[i] - 1;
  }
}

}  // namespace rankadaptor::internal
