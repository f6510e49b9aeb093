#include "search/strategies/structured/best_neighbour.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "search/expected_improvement.h"

namespace rankadaptor::internal {
namespace {

using surrogate::StructuredModel;

// Neighbours whose deviation is computed: those with the best means, and fewer
// of them the more rows the model has.
constexpr double kNeighbourWork = 6e6;
constexpr double kMinNeighbours = 8;
constexpr double kMaxNeighbours = 60;

size_t NumNeighbours(const StructuredModel& model, size_t num_dimensions) {
  const double rows = model.num_rows();
  const double work =
      rows * (rows / 2 + 16.0 * static_cast<double>(num_dimensions));
  return static_cast<size_t>(
      std::clamp(kNeighbourWork / work, kMinNeighbours, kMaxNeighbours));
}

}  // namespace

Row BestNeighbour(const StructuredModel& model,
                  const TableSearch& search,
                  const RowChooser& chooser,
                  const Row& incumbent,
                  Row peak) {
  const double best = search.Value(incumbent);
  std::vector<ValuedRow> candidates;
  const size_t most = NumNeighbours(model, incumbent.size());
  for (const TableSearch::Move& move : search.Moves(incumbent)) {
    if (candidates.size() == most) break;
    Row neighbour = incumbent;
    neighbour[move.dimension] = move.level;
    if (chooser.Taken(neighbour)) continue;
    candidates.push_back(
        {.row = std::move(neighbour), .value = best + move.gain});
  }
  if (!peak.empty()) {
    const double value = search.Value(peak);
    candidates.push_back({.row = std::move(peak), .value = value});
  }
  Row chosen;
  double largest = -1;
  for (ValuedRow& candidate : candidates) {
    const double improvement = ExpectedImprovement(
        candidate.value, model.Deviation(candidate.row), best);
    if (improvement <= largest) continue;
    largest = improvement;
    chosen = std::move(candidate.row);
  }
  return chosen;
}

}  // namespace rankadaptor::internal
