#include "search/strategies/start_design.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::internal {
namespace {

// Both sides of the middle, alike for either direction of a scale.
constexpr double kUniformFractions[] = {0.4, 0.6};
constexpr int kNumStratified = 8;

// The relative level `fraction` everywhere, lowered until it is feasible;
// nothing if no such row is. Dimensions without an order take random levels.
std::optional<Row> UniformRow(const FreeSpace& space,
                              double fraction,
                              RandomStream& stream) {
  Row row(space.num_dimensions());
  for (; fraction > -0.05; fraction -= 0.05) {
    for (int i = 0; i < space.num_dimensions(); ++i) {
      const int last = space.num_levels(i) - 1;
      row[i] = static_cast<int32_t>(
          space.ordinal(i) ? std::lround(std::max(fraction, 0.0) * last)
                           : stream.UniformInt(0, last));
    }
    if (space.Feasible(row)) return row;
  }
  return std::nullopt;
}

// `count` rows; every dimension's levels in equal shares, in random order.
std::vector<Row> LatinHypercube(const FreeSpace& space,
                                int count,
                                RandomStream& stream) {
  std::vector<Row> rows(count, Row(space.num_dimensions()));
  for (int i = 0; i < space.num_dimensions(); ++i) {
    const int levels = space.num_levels(i);
    // A random part of the levels where there are more of them than rows.
    const auto shift = static_cast<double>(stream.UniformReal(0, 1));
    std::vector<int32_t> column(count);
    for (int r = 0; r < count; ++r) {
      column[r] =
          std::min(levels - 1, static_cast<int>((r + shift) * levels / count));
    }
    stream.Shuffle(std::span(column));
    for (int r = 0; r < count; ++r) rows[r][i] = column[r];
  }
  return rows;
}

}  // namespace

std::vector<Row> StartDesign(const FreeSpace& space,
                             const Sampler& sampler,
                             uint64_t seed) {
  RandomStream stream(seed, "start design");
  std::vector<Row> design;
  auto add = [&](Row row) {
    if (std::ranges::find(design, row) == design.end()) {
      design.push_back(std::move(row));
    }
  };
  for (double fraction : kUniformFractions) {
    if (auto row = UniformRow(space, fraction, stream)) add(*row);
  }
  Configuration random = space.ToConfiguration(Row(space.num_dimensions(), 0));
  for (Row& row : LatinHypercube(space, kNumStratified, stream)) {
    if (!space.Feasible(row)) {
      sampler.Sample(stream, random.choices);
      row = space.ToRow(random);
    }
    add(std::move(row));
  }
  return design;
}

}  // namespace rankadaptor::internal
