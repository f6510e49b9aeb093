// For functions so rugged that far predictions say little: steps of one level
// from the best row.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_BEST_NEIGHBOUR_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_BEST_NEIGHBOUR_H_

#include "rankadaptor/surrogate/structured_model.h"

#include "search/strategies/row_chooser.h"
#include "search/strategies/structured/table_search.h"

namespace rankadaptor::internal {

// Of the incumbent's untaken neighbours and `peak` (empty: there is none), the
// row with the largest expected improvement over the incumbent's mean; empty if
// there is none. `search` is on the model's mean, the incumbent feasible.
Row BestNeighbour(const surrogate::StructuredModel& model,
                  const TableSearch& search,
                  const RowChooser& chooser,
                  const Row& incumbent,
                  Row peak);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_BEST_NEIGHBOUR_H_
