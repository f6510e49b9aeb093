// Climbs on effect tables: from a row, one level changes at a time, always the
// one that raises the value most, until none does. Where a constraint forbids
// changes that would raise it, exchanges of two levels are tried as well. A
// step costs look-ups, not evaluations of the model.
//
// Thread-safe: immutable.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_TABLE_SEARCH_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_TABLE_SEARCH_H_

#include <optional>
#include <span>
#include <vector>

#include "rankadaptor/surrogate/effect_tables.h"

#include "search/strategies/free_space.h"
#include "search/strategies/row_climber.h"

namespace rankadaptor::internal {

class TableSearch final : public RowClimber {
 public:
  // All are borrowed and must outlive this.
  TableSearch(const FreeSpace& space,
              const surrogate::EffectStructure& structure,
              const surrogate::EffectTables& tables);

  ValuedRow Climb(Row start) override;
  std::vector<ValuedRow> Neighbours(const Row& row) override;

  double Value(std::span<const int32_t> row) const {
    return Evaluate(tables_, structure_, row);
  }

  struct Move {
    int dimension = 0;
    int32_t level = 0;
    double gain = 0;
  };

  // All feasible changes of one level, the best first.
  std::vector<Move> Moves(std::span<const int32_t> row) const;

 private:
  class Climber;

  // One side of a pair table.
  struct Partner {
    int dimension = 0;
    const double* values = nullptr;
    int own_stride = 0;
    int partner_stride = 0;
  };

  const FreeSpace& space_;
  const surrogate::EffectStructure& structure_;
  const surrogate::EffectTables& tables_;
  std::vector<std::vector<Partner>> partners_;  // [num_dimensions]
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_TABLE_SEARCH_H_
