#include "rankadaptor/surrogate/effect_tables.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace rankadaptor::surrogate {
namespace {

// Steps of the global sum from the first to the last level of a dimension.
// Least common multiples keep the steps of a space with equal choices exact.
constexpr int kMaxStepsPerDimension = 12;

// A change of 35 % of the dimensions takes the residual's correlation to 1/e.
constexpr double kResidualLength = 0.35;

int StepsPerDimension(const std::vector<Dimension>& dimensions) {
  int steps = 1;
  for (const Dimension& dimension : dimensions) {
    if (!dimension.ordinal) continue;
    steps = std::lcm(steps, dimension.num_levels - 1);
    if (steps > kMaxStepsPerDimension) return kMaxStepsPerDimension;
  }
  return steps;
}

bool Before(const PairTable& a, const PairTable& b) {
  return std::pair(a.first, a.second) < std::pair(b.first, b.second);
}

void AddValues(const std::vector<double>& term,
               double factor,
               std::vector<double>& sum) {
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += factor * term[i];
}

}  // namespace

EffectStructure MakeEffectStructure(std::vector<Dimension> dimensions) {
  EffectStructure structure;
  const int steps = StepsPerDimension(dimensions);
  const double length =
      std::max(2.0, kResidualLength * static_cast<double>(dimensions.size()));
  for (const Dimension& dimension : dimensions) {
    const int levels = dimension.num_levels;
    std::vector<int> level_steps(levels, 0);
    for (int a = 0; a < levels && dimension.ordinal; ++a) {
      level_steps[a] = static_cast<int>(std::lround(steps * a / (levels - 1.)));
    }
    structure.num_global_sums += level_steps.back();
    structure.global_steps.push_back(std::move(level_steps));
    std::vector<double> correlations(levels * levels, std::exp(-1 / length));
    for (int a = 0; a < levels; ++a) correlations[a * levels + a] = 1;
    structure.residual_correlations.push_back(std::move(correlations));
  }
  structure.dimensions = std::move(dimensions);
  return structure;
}

int GlobalSum(const EffectStructure& structure, std::span<const int32_t> row) {
  int sum = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    sum += structure.global_steps[i][row[i]];
  }
  return sum;
}

double ResidualCorrelation(const EffectStructure& structure,
                           std::span<const int32_t> a,
                           std::span<const int32_t> b) {
  double product = 1;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    const int levels = structure.dimensions[i].num_levels;
    product *= structure.residual_correlations[i][a[i] * levels + b[i]];
  }
  return product;
}

std::vector<double> ResidualCorrelations(const EffectStructure& structure,
                                         std::span<const int32_t> row,
                                         std::span<const int32_t> rows) {
  const size_t d = row.size();
  std::vector<double> products(rows.size() / d, 1.0);
  for (size_t i = 0; i < d; ++i) {
    const double* of_level =
        structure.residual_correlations[i].data() +
        static_cast<size_t>(row[i]) * structure.dimensions[i].num_levels;
    for (size_t r = 0; r < products.size(); ++r) {
      products[r] *= of_level[rows[r * d + i]];
    }
  }
  return products;
}

EffectTables ZeroTables(const EffectStructure& structure) {
  EffectTables tables;
  for (const Dimension& dimension : structure.dimensions) {
    tables.mains.emplace_back(dimension.num_levels, 0.0);
  }
  tables.global.assign(structure.num_global_sums, 0.0);
  return tables;
}

double Evaluate(const EffectTables& tables,
                const EffectStructure& structure,
                std::span<const int32_t> row) {
  double value = tables.constant + tables.global[GlobalSum(structure, row)];
  for (size_t i = 0; i < row.size(); ++i) value += tables.mains[i][row[i]];
  for (const PairTable& pair : tables.pairs) {
    const int levels = structure.dimensions[pair.second].num_levels;
    value += pair.values[row[pair.first] * levels + row[pair.second]];
  }
  if (tables.residual_weights.empty()) return value;
  const std::vector<double> correlations =
      ResidualCorrelations(structure, row, tables.residual_rows);
  for (size_t r = 0; r < correlations.size(); ++r) {
    value += tables.residual_weights[r] * correlations[r];
  }
  return value;
}

void AddTables(const EffectTables& term, double factor, EffectTables& sum) {
  sum.constant += factor * term.constant;
  for (size_t i = 0; i < sum.mains.size(); ++i) {
    AddValues(term.mains[i], factor, sum.mains[i]);
  }
  AddValues(term.global, factor, sum.global);
  for (const PairTable& pair : term.pairs) {
    auto place = std::ranges::lower_bound(sum.pairs, pair, Before);
    if (place == sum.pairs.end() || Before(pair, *place)) {
      place = sum.pairs.insert(place,
                               {pair.first,
                                pair.second,
                                std::vector<double>(pair.values.size(), 0.0)});
    }
    AddValues(pair.values, factor, place->values);
  }
}

}  // namespace rankadaptor::surrogate
