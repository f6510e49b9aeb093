// Which rows and pairs the structured model works with where there are too many
// for all of them.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_ROW_SELECTION_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_ROW_SELECTION_H_

#include <span>
#include <vector>

#include "rankadaptor/surrogate/effect_tables.h"

#include "surrogate/structured/variances.h"

namespace rankadaptor::surrogate {

// Indices, ascending, of at most `count` rows: the latest 2/5, the 3/10 with
// the best scores among the others, and an even selection of the rest.
std::vector<int> SelectRows(std::span<const double> scores, int count);

// Indices of `count` of `num_rows` rows at even distances.
std::vector<int> SelectEvenly(int num_rows, int count);

// The pairs whose interaction is modelled: all if there are few. Else the
// adjacent ones and those whose levels together go along with the standardised
// scores most.
std::vector<DimensionPair> SelectPairs(const EffectStructure& structure,
                                       std::span<const int32_t> rows,
                                       std::span<const double> scores);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_ROW_SELECTION_H_
