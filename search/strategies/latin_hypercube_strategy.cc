#include "search/strategies/latin_hypercube_strategy.h"

#include <algorithm>
#include <numeric>

#include "search/blend.h"

namespace rankadaptor::internal {

LatinHypercubeStrategy::LatinHypercubeStrategy(const SearchSpace& space,
                                               uint64_t seed)
    : SequentialStrategy(space, seed) {
  for (const Parameter& parameter : space.parameters()) {
    block_size_ = std::max(block_size_, parameter.choices.size());
  }
}

std::optional<Configuration> LatinHypercubeStrategy::Choose(
    RandomStream& stream) {
  const Configuration point = DesignPoint(history().taken().size());
  if (space().KeepsConstraints(point)) return point;
  Configuration feasible = point;
  sampler().Sample(stream, feasible.choices);
  return Blend(space(), stream, feasible, point, /*share=*/1);
}

// Each parameter goes through a random order of strata of its own.
Configuration LatinHypercubeStrategy::DesignPoint(size_t index) const {
  RandomStream stream(seed(), "latin hypercube", index / block_size_);
  Configuration point;
  for (const Parameter& parameter : space().parameters()) {
    std::vector<size_t> strata(block_size_);
    std::iota(strata.begin(), strata.end(), size_t{0});
    stream.Shuffle(std::span(strata));
    const size_t stratum = strata[index % block_size_];
    point.choices.push_back(
        static_cast<int32_t>(stratum * parameter.choices.size() / block_size_));
  }
  return point;
}

}  // namespace rankadaptor::internal
