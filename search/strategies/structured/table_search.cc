#include "search/strategies/structured/table_search.h"

#include <algorithm>

namespace rankadaptor::internal {
namespace {

using surrogate::EffectStructure;
using surrogate::EffectTables;

// Smaller gains are rounding errors: values are of the order of 1.
constexpr double kMinGain = 1e-10;

// Forbidden changes from which an exchange is tried, the best ones.
constexpr size_t kMaxExchanges = 8;

bool BetterMove(const TableSearch::Move& a, const TableSearch::Move& b) {
  return a.gain > b.gain;
}

}  // namespace

// A row on its way up, with the value of every level of every dimension given
// the others' present levels.
class TableSearch::Climber {
 public:
  Climber(const TableSearch& search, Row row);

  const Row& row() const { return row_; }
  double value() const { return value_; }

  double Gain(int dimension, int32_t level) const;
  bool Allows(int dimension, int32_t level) const {
    return moves_.Allows(dimension, level);
  }
  // All changes of one level that are allowed or, else, all that are not.
  std::vector<Move> Moves(bool allowed) const;
  std::optional<Move> BestMove() const;
  void Apply(int dimension, int32_t level);
  // Exchanges two levels if that raises the value and keeps the constraints.
  bool Exchange();

 private:
  void AddPartners(int dimension, int32_t level, double factor);
  void FillResidual();
  double ResidualGain(int dimension, int32_t level) const;
  void ApplyResidual(int dimension, int32_t level);
  const double* Correlations(int dimension, int32_t level) const {
    return structure_.residual_correlations[dimension].data() +
           static_cast<size_t>(level) * search_.space_.num_levels(dimension);
  }

  const TableSearch& search_;
  const EffectStructure& structure_;
  const EffectTables& tables_;
  Row row_;
  double value_ = 0;
  FeasibleMoves moves_;
  int global_sum_ = 0;
  // Main and pair effects. [num_dimensions][num_levels]
  std::vector<std::vector<double>> levels_;
  // The residual by measured row, and summed by the measured rows' levels.
  std::vector<double> residuals_;                   // [num_rows]
  std::vector<std::vector<double>> residual_sums_;  // as levels_
};

TableSearch::Climber::Climber(const TableSearch& search, Row row)
    : search_(search),
      structure_(search.structure_),
      tables_(search.tables_),
      row_(std::move(row)),
      value_(Evaluate(tables_, structure_, row_)),
      moves_(search.space_, row_),
      global_sum_(GlobalSum(structure_, row_)),
      levels_(tables_.mains) {
  for (size_t i = 0; i < row_.size(); ++i) {
    AddPartners(static_cast<int>(i), row_[i], 1);
  }
  FillResidual();
}

// Adds what a level of one dimension contributes to those that it interacts
// with.
void TableSearch::Climber::AddPartners(int dimension,
                                       int32_t level,
                                       double factor) {
  for (const Partner& partner : search_.partners_[dimension]) {
    const double* values = partner.values + level * partner.own_stride;
    for (double& sum : levels_[partner.dimension]) {
      sum += factor * *values;
      values += partner.partner_stride;
    }
  }
}

void TableSearch::Climber::FillResidual() {
  residuals_ = tables_.residual_weights;
  if (residuals_.empty()) return;
  for (const std::vector<double>& table : tables_.mains) {
    residual_sums_.emplace_back(table.size(), 0.0);
  }
  const std::vector<double> correlations =
      ResidualCorrelations(structure_, row_, tables_.residual_rows);
  for (size_t r = 0; r < residuals_.size(); ++r) {
    const auto measured =
        tables_.residual_rows.subspan(r * row_.size(), row_.size());
    residuals_[r] *= correlations[r];
    for (size_t i = 0; i < row_.size(); ++i) {
      residual_sums_[i][measured[i]] += residuals_[r];
    }
  }
}

double TableSearch::Climber::Gain(int dimension, int32_t level) const {
  const int32_t present = row_[dimension];
  const std::vector<int>& steps = structure_.global_steps[dimension];
  return levels_[dimension][level] - levels_[dimension][present] +
         tables_.global[global_sum_ + steps[level] - steps[present]] -
         tables_.global[global_sum_] + ResidualGain(dimension, level);
}

double TableSearch::Climber::ResidualGain(int dimension, int32_t level) const {
  if (residuals_.empty()) return 0;
  const double* before = Correlations(dimension, row_[dimension]);
  const double* after = Correlations(dimension, level);
  double gain = 0;
  for (size_t v = 0; v < residual_sums_[dimension].size(); ++v) {
    gain += residual_sums_[dimension][v] * (after[v] / before[v] - 1);
  }
  return gain;
}

void TableSearch::Climber::ApplyResidual(int dimension, int32_t level) {
  const double* before = Correlations(dimension, row_[dimension]);
  const double* after = Correlations(dimension, level);
  for (size_t r = 0; r < residuals_.size(); ++r) {
    const auto measured =
        tables_.residual_rows.subspan(r * row_.size(), row_.size());
    const int32_t v = measured[dimension];
    if (before[v] == after[v]) continue;
    const double change = residuals_[r] * (after[v] / before[v] - 1);
    residuals_[r] += change;
    for (size_t i = 0; i < row_.size(); ++i) {
      residual_sums_[i][measured[i]] += change;
    }
  }
}

void TableSearch::Climber::Apply(int dimension, int32_t level) {
  const int32_t present = row_[dimension];
  value_ += Gain(dimension, level);
  moves_.Apply(dimension, level);
  ApplyResidual(dimension, level);
  AddPartners(dimension, present, -1);
  AddPartners(dimension, level, 1);
  const std::vector<int>& steps = structure_.global_steps[dimension];
  global_sum_ += steps[level] - steps[present];
  row_[dimension] = level;
}

std::vector<TableSearch::Move> TableSearch::Climber::Moves(bool allowed) const {
  std::vector<Move> moves;
  for (int i = 0; i < search_.space_.num_dimensions(); ++i) {
    for (int32_t a = 0; a < search_.space_.num_levels(i); ++a) {
      if (a == row_[i] || Allows(i, a) != allowed) continue;
      moves.push_back({.dimension = i, .level = a, .gain = Gain(i, a)});
    }
  }
  return moves;
}

std::optional<TableSearch::Move> TableSearch::Climber::BestMove() const {
  Move best{.gain = kMinGain};
  bool found = false;
  for (int i = 0; i < search_.space_.num_dimensions(); ++i) {
    for (int32_t a = 0; a < search_.space_.num_levels(i); ++a) {
      if (a == row_[i]) continue;
      const double gain = Gain(i, a);
      if (gain <= best.gain || !Allows(i, a)) continue;
      best = {.dimension = i, .level = a, .gain = gain};
      found = true;
    }
  }
  return found ? std::optional(best) : std::nullopt;
}

bool TableSearch::Climber::Exchange() {
  std::vector<Move> forbidden = Moves(false);
  std::ranges::stable_sort(forbidden, BetterMove);
  if (forbidden.size() > kMaxExchanges) forbidden.resize(kMaxExchanges);
  for (const Move& move : forbidden) {
    if (move.gain <= kMinGain) return false;
    const int32_t present = row_[move.dimension];
    Apply(move.dimension, move.level);
    std::vector<Move> compensations = Moves(true);
    std::erase_if(compensations, [&](const Move& other) {
      return other.dimension == move.dimension;
    });
    const auto best = std::ranges::min_element(compensations, BetterMove);
    if (best != compensations.end() && move.gain + best->gain > kMinGain) {
      Apply(best->dimension, best->level);
      return true;
    }
    Apply(move.dimension, present);
  }
  return false;
}

TableSearch::TableSearch(const FreeSpace& space,
                         const EffectStructure& structure,
                         const EffectTables& tables)
    : space_(space),
      structure_(structure),
      tables_(tables),
      partners_(tables.mains.size()) {
  for (const surrogate::PairTable& pair : tables.pairs) {
    const int stride = space.num_levels(pair.second);
    const double* values = pair.values.data();
    partners_[pair.first].push_back({.dimension = pair.second,
                                     .values = values,
                                     .own_stride = stride,
                                     .partner_stride = 1});
    partners_[pair.second].push_back({.dimension = pair.first,
                                      .values = values,
                                      .own_stride = 1,
                                      .partner_stride = stride});
  }
}

ValuedRow TableSearch::Climb(Row start) {
  Climber climber(*this, std::move(start));
  do {
    while (std::optional<Move> move = climber.BestMove()) {
      climber.Apply(move->dimension, move->level);
    }
  } while (climber.Exchange());
  return {.row = climber.row(), .value = climber.value()};
}

std::vector<ValuedRow> TableSearch::Neighbours(const Row& row) {
  const double value = Value(row);
  std::vector<ValuedRow> neighbours;
  for (const Move& move : Moves(row)) {
    neighbours.push_back({.row = row, .value = value + move.gain});
    neighbours.back().row[move.dimension] = move.level;
  }
  return neighbours;
}

std::vector<TableSearch::Move> TableSearch::Moves(
    std::span<const int32_t> row) const {
  const Climber climber(*this, Row(row.begin(), row.end()));
  std::vector<Move> moves = climber.Moves(true);
  std::ranges::stable_sort(moves, BetterMove);
  return moves;
}

}  // namespace rankadaptor::internal
