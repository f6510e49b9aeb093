// A function of a configuration as a sum of tables: a constant, one table per
// dimension, one per pair of dimensions that interact, one over a global sum of
// steps, and a residual that is large where similar rows were measured. The
// structured model's mean and its random samples have this form, which is what
// makes a local search on them a matter of look-ups.
//
// A row is one level index per dimension.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_SURROGATE_EFFECT_TABLES_H_
#define RANKADAPTOR_SURROGATE_EFFECT_TABLES_H_

#include <cstdint>
#include <span>
#include <vector>

namespace rankadaptor::surrogate {

struct Dimension {
  int num_levels = 2;   // at least 2
  bool ordinal = true;  // neighbouring levels are alike; else exchangeable
};

// What all tables over the same dimensions have in common.
struct EffectStructure {
  std::vector<Dimension> dimensions;

  // The global sum of a row is sum of global_steps[i][row[i]], in
  // [0, num_global_sums).
  std::vector<std::vector<int>> global_steps;  // [num_dimensions][num_levels]
  int num_global_sums = 1;

  // How alike two levels are to the residual: two rows correlate by the product
  // over the dimensions. [num_dimensions][num_levels * num_levels], positive.
  std::vector<std::vector<double>> residual_correlations;
};

EffectStructure MakeEffectStructure(std::vector<Dimension> dimensions);

int GlobalSum(const EffectStructure& structure, std::span<const int32_t> row);

// The residual's correlation of two rows.
double ResidualCorrelation(const EffectStructure& structure,
                           std::span<const int32_t> a,
                           std::span<const int32_t> b);

// The same with each of many rows, [num_rows, num_dimensions].
std::vector<double> ResidualCorrelations(const EffectStructure& structure,
                                         std::span<const int32_t> row,
                                         std::span<const int32_t> rows);

struct PairTable {
  int first = 0;  // < second
  int second = 0;
  std::vector<double> values;  // [levels of first, levels of second]
};

struct EffectTables {
  double constant = 0;
  std::vector<std::vector<double>> mains;  // [num_dimensions][num_levels]
  std::vector<PairTable> pairs;            // ordered by (first, second)
  std::vector<double> global;              // [num_global_sums]

  // The residual at x: sum over r of weight r times correlation of x and row r.
  std::vector<double> residual_weights;  // [num_rows], empty if there is none
  // [num_rows, num_dimensions]; borrowed from the model that made the tables,
  // valid until it changes.
  std::span<const int32_t> residual_rows;
};

EffectTables ZeroTables(const EffectStructure& structure);

double Evaluate(const EffectTables& tables,
                const EffectStructure& structure,
                std::span<const int32_t> row);

// sum += factor * term, but for the term's residual, which is left out.
void AddTables(const EffectTables& term, double factor, EffectTables& sum);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_EFFECT_TABLES_H_
