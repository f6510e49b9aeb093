// Weight tables of constraints (search_space.h): which parameters they tie
// together, and what combinations of choices cost.
//
// Thread-safety: functions without shared state.
#ifndef RANKADAPTOR_SEARCH_API_SRC_WEIGHT_TABLES_H_
#define RANKADAPTOR_SEARCH_API_SRC_WEIGHT_TABLES_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "rankadaptor/common/result.h"
#include "rankadaptor/search/search_space.h"

namespace rankadaptor::internal {

// kInvalidArgument says what is wrong with a table.
Status CheckTables(const std::vector<Parameter>& parameters,
                   const LinearConstraint& constraint);

// See SearchSpace::blocks(). kInvalidArgument if one has too many combinations.
Result<std::vector<std::vector<int>>> MakeBlocks(
    const std::vector<Parameter>& parameters,
    const std::vector<LinearConstraint>& constraints);

// The table's weight for these choices, one per parameter of the space.
double TableWeight(const LinearConstraint& constraint,
                   const WeightTable& table,
                   std::span<const int32_t> choices);

// All combinations of the choices of a block's parameters, the last running
// fastest.
std::vector<std::vector<int32_t>> Combinations(
    const std::vector<Parameter>& parameters, const std::vector<int>& block);

// What each combination adds to the cost. [num_combinations]
std::vector<double> CombinationCosts(
    const LinearConstraint& constraint,
    const std::vector<int>& block,
    const std::vector<std::vector<int32_t>>& combinations);

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_API_SRC_WEIGHT_TABLES_H_
