// Random rows and functions for tests of the structured model.
#ifndef RANKADAPTOR_TESTS_UNIT_STRUCTURED_RANDOM_ROWS_H_
#define RANKADAPTOR_TESTS_UNIT_STRUCTURED_RANDOM_ROWS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/surrogate/effect_tables.h"

namespace rankadaptor::testing {

// `count` dimensions of six ordinal levels.
inline surrogate::EffectStructure SixLevels(int count) {
  return surrogate::MakeEffectStructure(
      std::vector<surrogate::Dimension>(count, {.num_levels = 6}));
}

inline std::vector<int32_t> RandomRows(
    const surrogate::EffectStructure& structure, int count, uint64_t seed) {
  RandomStream stream(seed, "rows");
  std::vector<int32_t> rows;
  for (int r = 0; r < count; ++r) {
    for (const surrogate::Dimension& dimension : structure.dimensions) {
      rows.push_back(
          static_cast<int32_t>(stream.UniformInt(0, dimension.num_levels - 1)));
    }
  }
  return rows;
}

inline std::span<const int32_t> RowAt(const std::vector<int32_t>& rows,
                                      size_t num_dimensions,
                                      size_t r) {
  return std::span(rows).subspan(r * num_dimensions, num_dimensions);
}

}  // namespace rankadaptor::testing

#endif  // RANKADAPTOR_TESTS_UNIT_STRUCTURED_RANDOM_ROWS_H_
