// Chooses rows that were not tried at or beside the peaks of a function.
//
// Thread-safe: immutable.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_ROW_CHOOSER_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_ROW_CHOOSER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "search/feasible_set.h"
#include "search/sampler.h"
#include "search/strategies/free_space.h"
#include "search/strategies/row_climber.h"

namespace rankadaptor::internal {

class RowChooser {
 public:
  // All are borrowed and must outlive this; `taken` may change.
  RowChooser(const FreeSpace& space,
             const Sampler& sampler,
             const ConfigurationSet& taken)
      : space_(space), sampler_(sampler), taken_(taken) {}

  // The highest peak that is reached from `starts` or from random rows, whether
  // taken or not. Starts must be feasible.
  Row Peak(RowClimber& climber, std::vector<Row> starts, uint64_t seed) const;

  // The same among peaks that are not taken; else the best neighbour of the
  // highest one; empty if those are taken too.
  Row UntakenPeak(RowClimber& climber,
                  std::vector<Row> starts,
                  uint64_t seed) const;

  bool Taken(std::span<const int32_t> row) const;

 private:
  std::vector<ValuedRow> Peaks(RowClimber& climber,
                               std::vector<Row> starts,
                               uint64_t seed) const;

  const FreeSpace& space_;
  const Sampler& sampler_;
  const ConfigurationSet& taken_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_ROW_CHOOSER_H_
