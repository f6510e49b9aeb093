// A function of rows on which one can climb: from row to row by changes of one
// level, uphill, within the constraints.
//
// One thread at a time.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_ROW_CLIMBER_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_ROW_CLIMBER_H_

#include <vector>

#include "search/strategies/free_space.h"

namespace rankadaptor::internal {

struct ValuedRow {
  Row row;
  double value = 0;
};

class RowClimber {
 public:
  virtual ~RowClimber() = default;

  // The peak that is reached from a feasible start.
  virtual ValuedRow Climb(Row start) = 0;

  // The feasible rows that differ from a feasible one in one level, the best
  // first.
  virtual std::vector<ValuedRow> Neighbours(const Row& row) = 0;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_ROW_CLIMBER_H_
