#include "search/strategies/mlp/coordinate_search.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace rankadaptor::internal {
namespace {

// Smaller gains are rounding errors: values are of the order of 1, in single
// precision.
constexpr double kMinGain = 1e-5;

// Rounding errors could go round in circles.
constexpr int kMaxSweeps = 100;

// Forbidden changes from which an exchange is tried, the best ones.
constexpr size_t kMaxExchanges = 8;

// An exchange looks at every dimension for each of these changes: fewer
// exchanges where there are many dimensions.
constexpr int kExchangeWork = 1000;

}  // namespace

const std::vector<double>& CoordinateSearch::Values(int dimension) {
  values_.resize(static_cast<size_t>(space_.num_levels(dimension)));
  function_.Values(dimension, values_);
  return values_;
}

void CoordinateSearch::Set(int dimension, int32_t level) {
  function_.SetLevel(dimension, level);
  moves_->Apply(dimension, level);
  row_[dimension] = level;
}

void CoordinateSearch::Start(Row row) {
  row_ = std::move(row);
  function_.Start(row_);
  moves_.emplace(space_, row_);
}

ValuedRow CoordinateSearch::Climb(Row start) {
  Start(std::move(start));
  value_ = row_.empty() ? 0 : Values(0)[row_[0]];
  int exchanges_left = 1 + kExchangeWork / std::max(space_.num_dimensions(), 1);
  for (int i = 0; i < kMaxSweeps; ++i) {
    if (Sweep()) continue;
    if (exchanges_left-- == 0 || !Exchange()) break;
  }
  return {.row = row_, .value = value_};
}

bool CoordinateSearch::Sweep() {
  bool improved = false;
  for (int i = 0; i < space_.num_dimensions(); ++i) {
    if (ImproveAt(i)) improved = true;
  }
  return improved;
}

bool CoordinateSearch::ImproveAt(int dimension) {
  const std::vector<double>& values = Values(dimension);
  int32_t best = row_[dimension];
  double best_value = values[best] + kMinGain;
  for (int32_t a = 0; a < space_.num_levels(dimension); ++a) {
    if (values[a] <= best_value || !moves_->Allows(dimension, a)) continue;
    best = a;
    best_value = values[a];
  }
  value_ = values[best];
  if (best == row_[dimension]) return false;
  Set(dimension, best);
  return true;
}

std::vector<CoordinateSearch::Move> CoordinateSearch::ForbiddenMoves() {
  std::vector<Move> moves;
  for (int i = 0; i < space_.num_dimensions(); ++i) {
    const std::vector<double>& values = Values(i);
    for (int32_t a = 0; a < space_.num_levels(i); ++a) {
      if (values[a] <= value_ + kMinGain || moves_->Allows(i, a)) continue;
      moves.push_back({.dimension = i, .level = a, .value = values[a]});
    }
  }
  std::ranges::stable_sort(moves, std::greater<>(), &Move::value);
  if (moves.size() > kMaxExchanges) moves.resize(kMaxExchanges);
  return moves;
}

bool CoordinateSearch::Exchange() {
  const std::vector<Move> moves = ForbiddenMoves();
  return std::ranges::any_of(
      moves, [&](const Move& move) { return ExchangeWith(move); });
}

// Makes a forbidden change together with the best other one that allows it.
bool CoordinateSearch::ExchangeWith(const Move& raise) {
  const int32_t present = row_[raise.dimension];
  Set(raise.dimension, raise.level);
  Move best{.dimension = -1, .level = 0, .value = value_ + kMinGain};
  for (int i = 0; i < space_.num_dimensions(); ++i) {
    if (i == raise.dimension) continue;
    const std::vector<double>& values = Values(i);
    for (int32_t a = 0; a < space_.num_levels(i); ++a) {
      if (values[a] <= best.value || !moves_->Allows(i, a)) continue;
      best = {.dimension = i, .level = a, .value = values[a]};
    }
  }
  if (best.dimension < 0) {
    Set(raise.dimension, present);
    return false;
  }
  Set(best.dimension, best.level);
  value_ = best.value;
  return true;
}

std::vector<ValuedRow> CoordinateSearch::Neighbours(const Row& row) {
  Start(row);
  std::vector<ValuedRow> neighbours;
  for (int i = 0; i < space_.num_dimensions(); ++i) {
    const std::vector<double>& values = Values(i);
    for (int32_t a = 0; a < space_.num_levels(i); ++a) {
      if (a == row_[i] || !moves_->Allows(i, a)) continue;
      neighbours.push_back({.row = row_, .value = values[a]});
      neighbours.back().row[i] = a;
    }
  }
  std::ranges::stable_sort(neighbours, std::greater<>(), &ValuedRow::value);
  return neighbours;
}

}  // namespace rankadaptor::internal
