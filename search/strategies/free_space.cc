#include "search/strategies/free_space.h"

#include <algorithm>
#include <cmath>

namespace rankadaptor::internal {

FreeSpace::FreeSpace(const SearchSpace& space) : space_(space) {
  for (int parameter : space_.free_parameters()) {
    levels_.push_back(
        static_cast<int>(space_.parameter(parameter).choices.size()));
  }
  for (const LinearConstraint& constraint : space_.constraints()) {
    double largest = std::abs(constraint.limit);
    for (const std::vector<double>& weights : constraint.weights) {
      double largest_weight = 0;
      for (double weight : weights) {
        largest_weight = std::max(largest_weight, std::abs(weight));
      }
      largest += largest_weight;
    }
    for (const WeightTable& table : constraint.tables) {
      double largest_weight = 0;
      for (double weight : table.weights) {
        largest_weight = std::max(largest_weight, std::abs(weight));
      }
      largest += largest_weight;
    }
    rounding_.push_back(1e-9 * largest);
  }
}

bool FreeSpace::ordinal(int dimension) const {
  const int parameter = space_.free_parameters()[dimension];
  return space_.parameter(parameter).kind == ParameterKind::kOrdinal;
}

Row FreeSpace::ToRow(const Configuration& configuration) const {
  Row row;
  for (int parameter : space_.free_parameters()) {
    row.push_back(configuration.choices[parameter]);
  }
  return row;
}

Configuration FreeSpace::ToConfiguration(std::span<const int32_t> row) const {
  Configuration configuration;
  configuration.choices.resize(space_.num_parameters(), 0);
  for (size_t i = 0; i < row.size(); ++i) {
    configuration.choices[space_.free_parameters()[i]] = row[i];
  }
  return configuration;
}

bool FreeSpace::Feasible(std::span<const int32_t> row) const {
  return space_.KeepsConstraints(ToConfiguration(row));
}

std::vector<surrogate::Dimension> FreeSpace::Dimensions() const {
  std::vector<surrogate::Dimension> dimensions;
  for (int i = 0; i < num_dimensions(); ++i) {
    dimensions.push_back({.num_levels = num_levels(i), .ordinal = ordinal(i)});
  }
  return dimensions;
}

FeasibleMoves::FeasibleMoves(const FreeSpace& space,
                             std::span<const int32_t> row)
    : space_(space), configuration_(space.ToConfiguration(row)) {
  for (const LinearConstraint& constraint : space.space_.constraints()) {
    costs_.push_back(constraint.Cost(configuration_));
  }
}

bool FeasibleMoves::Allows(int dimension, int32_t level) const {
  bool close = false;
  for (size_t k = 0; k < costs_.size(); ++k) {
    const double limit = space_.space_.constraints()[k].limit;
    const double cost = costs_[k] + Change(k, dimension, level);
    const double rounding = space_.rounding_[k];
    if (cost > limit + rounding) return false;
    close = close || cost > limit - rounding;
  }
  if (!close) return true;
  Configuration moved = configuration_;
  moved.choices[space_.space_.free_parameters()[dimension]] = level;
  return space_.space_.KeepsConstraints(moved);
}

void FeasibleMoves::Apply(int dimension, int32_t level) {
  for (size_t k = 0; k < costs_.size(); ++k) {
    costs_[k] += Change(k, dimension, level);
  }
  configuration_.choices[space_.space_.free_parameters()[dimension]] = level;
}

double FeasibleMoves::Change(size_t constraint,
                             int dimension,
                             int32_t level) const {
  return space_.space_.CostChange(constraint,
                                  configuration_.choices,
                                  space_.space_.free_parameters()[dimension],
                                  level);
}

}  // namespace rankadaptor::internal
