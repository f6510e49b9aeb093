// Climbs on a function of rows that is cheap to follow from one row to its
// neighbours: dimension by dimension the best level that the constraints allow
// is taken, until none is better. Where a constraint forbids what would raise
// the value, exchanges of two levels are tried as well.
//
// One thread at a time; what is borrowed must outlive this.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_MLP_COORDINATE_SEARCH_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_MLP_COORDINATE_SEARCH_H_

#include <optional>
#include <vector>

#include "rankadaptor/surrogate/neural_ensemble.h"

#include "search/strategies/free_space.h"
#include "search/strategies/row_climber.h"

namespace rankadaptor::internal {

class CoordinateSearch final : public RowClimber {
 public:
  CoordinateSearch(const FreeSpace& space, surrogate::RowFunction& function)
      : space_(space), function_(function) {}

  ValuedRow Climb(Row start) override;
  std::vector<ValuedRow> Neighbours(const Row& row) override;

 private:
  struct Move {
    int dimension = 0;
    int32_t level = 0;
    double value = 0;
  };

  const std::vector<double>& Values(int dimension);
  void Set(int dimension, int32_t level);
  bool ImproveAt(int dimension);
  bool Sweep();
  bool Exchange();
  bool ExchangeWith(const Move& raise);
  std::vector<Move> ForbiddenMoves();

  void Start(Row row);

  const FreeSpace& space_;
  surrogate::RowFunction& function_;
  Row row_;
  std::optional<FeasibleMoves> moves_;  // of the row
  double value_ = 0;
  std::vector<double> values_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_MLP_COORDINATE_SEARCH_H_
