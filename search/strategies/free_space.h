// A search space without its frozen parameters: rows of one level per free
// parameter, which is what performance models and local searches work on. The
// only place of the structured strategy that knows how constraints are written.
//
// Thread-safe: immutable.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_FREE_SPACE_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_FREE_SPACE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "rankadaptor/search/search_space.h"
#include "rankadaptor/surrogate/effect_tables.h"

namespace rankadaptor::internal {

using Row = std::vector<int32_t>;  // one level per free parameter

class FreeSpace {
 public:
  explicit FreeSpace(const SearchSpace& space);

  int num_dimensions() const {
    return static_cast<int>(space_.free_parameters().size());
  }
  int num_levels(int dimension) const { return levels_[dimension]; }
  // All parameters of a search space are, so far.
  bool ordinal(int dimension) const;

  Row ToRow(const Configuration& configuration) const;
  Configuration ToConfiguration(std::span<const int32_t> row) const;
  bool Feasible(std::span<const int32_t> row) const;

  std::vector<surrogate::Dimension> Dimensions() const;

 private:
  friend class FeasibleMoves;

  SearchSpace space_;
  std::vector<int> levels_;
  // By how much a running sum of weights may be off, for each constraint.
  std::vector<double> rounding_;
};

// Which levels a row can change to, one at a time, without breaking a
// constraint. Keeps running sums, and forms them anew where rounding could
// decide. The space is borrowed and must outlive this.
class FeasibleMoves {
 public:
  FeasibleMoves(const FreeSpace& space, std::span<const int32_t> row);

  // True if the row would be feasible with this level.
  bool Allows(int dimension, int32_t level) const;

  // Follows a change of the row.
  void Apply(int dimension, int32_t level);

 private:
  double Change(size_t constraint, int dimension, int32_t level) const;

  const FreeSpace& space_;
  Configuration configuration_;
  std::vector<double> costs_;  // one per constraint
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_FREE_SPACE_H_
