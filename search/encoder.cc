#include "search/encoder.h"

#include <algorithm>

namespace rankadaptor::internal {

Encoder::Encoder(const SearchSpace& space) {
  for (int index : space.free_parameters()) {
    const Parameter& parameter = space.parameter(index);
    const auto num_choices = static_cast<int32_t>(parameter.choices.size());
    if (parameter.kind == ParameterKind::kOrdinal) {
      features_.push_back(
          {.parameter = index, .step = 2.0 / (num_choices - 1)});
      continue;
    }
    for (int32_t category = 0; category < num_choices; ++category) {
      features_.push_back({.parameter = index, .category = category});
    }
  }
  num_features_ = std::max(1, static_cast<int>(features_.size()));
}

void Encoder::Encode(std::span<const int32_t> choices,
                     std::span<double> features) const {
  features[0] = 0;
  for (size_t i = 0; i < features_.size(); ++i) {
    const Feature& feature = features_[i];
    const int32_t choice = choices[feature.parameter];
    if (feature.category < 0) {
      features[i] = choice * feature.step - 1;
    } else {
      features[i] = choice == feature.category ? 1 : -1;
    }
  }
}

}  // namespace rankadaptor::internal
