// Chooses the next row by a structured model: peaks of tables that were not
// tried, or the neighbour of the best row that promises the largest
// improvement.
//
// Thread-safe: immutable.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_ROW_CHOOSER_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_ROW_CHOOSER_H_

#include <cstdint>
#include <vector>

#include "rankadaptor/surrogate/structured_model.h"

#include "search/feasible_set.h"
#include "search/sampler.h"
#include "search/strategies/structured/free_space.h"

namespace rankadaptor::internal {

class RowChooser {
 public:
  // All are borrowed and must outlive this; `taken` may change.
  RowChooser(const FreeSpace& space,
             const Sampler& sampler,
             const surrogate::EffectStructure& structure,
             const ConfigurationSet& taken);

  // The highest peak of the tables that is reached from `starts` or from random
  // rows, whether taken or not.
  Row Peak(const surrogate::EffectTables& tables,
           std::vector<Row> starts,
           uint64_t seed) const;

  // The same among peaks that are not taken; else the best neighbour of the
  // highest one; empty if those are taken too.
  Row UntakenPeak(const surrogate::EffectTables& tables,
                  std::vector<Row> starts,
                  uint64_t seed) const;

  // Of the best row's untaken neighbours and the untaken peak of the mean, the
  // one with the largest expected improvement over the best row's mean; empty
  // if there is none. For functions so rugged that far predictions say little.
  Row BestNeighbour(const surrogate::StructuredModel& model,
                    uint64_t seed) const;

  bool Taken(std::span<const int32_t> row) const;

 private:
  void AddRandomRows(uint64_t seed, std::vector<Row>& rows) const;

  const FreeSpace& space_;
  const Sampler& sampler_;
  const surrogate::EffectStructure& structure_;
  const ConfigurationSet& taken_;
};

// The rows that the model believes best, as starts.
std::vector<Row> BestRows(const surrogate::StructuredModel& model);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_STRUCTURED_ROW_CHOOSER_H_
