#include "search/api/src/weight_tables.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace rankadaptor::internal {
namespace {

constexpr size_t kMaxCombinations = 65536;
// So that no sum of weights overflows.
constexpr double kMaxWeight = 1e300;

size_t NumCombinations(const std::vector<Parameter>& parameters,
                       const std::vector<int>& block) {
  size_t count = 1;
  for (int p : block) {
    count *= parameters[p].choices.size();
    if (count > kMaxCombinations) return kMaxCombinations + 1;
  }
  return count;
}

std::string Names(const std::vector<Parameter>& parameters,
                  const std::vector<int>& block) {
  std::string names;
  for (int p : block) {
    names += (names.empty() ? "'" : ", '") + parameters[p].name + "'";
  }
  return names;
}

Status CheckTable(const std::vector<Parameter>& parameters,
                  const WeightTable& table) {
  const auto num_parameters = static_cast<int>(parameters.size());
  const bool valid =
      !table.parameters.empty() && table.parameters.front() >= 0 &&
      table.parameters.back() < num_parameters &&
      std::ranges::adjacent_find(table.parameters, std::greater_equal<>()) ==
          table.parameters.end();
  if (!valid) {
    return InvalidArgument(
        "has parameters that are not strictly ascending indices below " +
        std::to_string(num_parameters) + ", or none");
  }
  const size_t expected = NumCombinations(parameters, table.parameters);
  if (table.weights.size() != expected) {
    return InvalidArgument(
        "has " + std::to_string(table.weights.size()) + " weights; " +
        Names(parameters, table.parameters) + " have " +
        (expected > kMaxCombinations
             ? "more than " + std::to_string(kMaxCombinations)
             : std::to_string(expected)) +
        " combinations of choices");
  }
  const bool finite = std::ranges::all_of(
      table.weights, [](double w) { return std::abs(w) <= kMaxWeight; });
  if (finite) return {};
  return InvalidArgument(
      "has a weight that is not finite and at most 1e300 in size");
}

}  // namespace

Status CheckTables(const std::vector<Parameter>& parameters,
                   const LinearConstraint& constraint) {
  for (size_t t = 0; t < constraint.tables.size(); ++t) {
    if (Status s = CheckTable(parameters, constraint.tables[t]); !s) {
      return InContext("table " + std::to_string(t), s.error());
    }
  }
  return {};
}

Result<std::vector<std::vector<int>>> MakeBlocks(
    const std::vector<Parameter>& parameters,
    const std::vector<LinearConstraint>& constraints) {
  // Disjoint sets; the root of each is its first parameter.
  std::vector<int> parent(parameters.size());
  std::iota(parent.begin(), parent.end(), 0);
  auto root = [&](int p) {
    while (parent[p] != p) p = parent[p] = parent[parent[p]];
    return p;
  };
  for (const LinearConstraint& constraint : constraints) {
    for (const WeightTable& table : constraint.tables) {
      for (int p : table.parameters) {
        const int a = root(p);
        const int b = root(table.parameters[0]);
        parent[std::max(a, b)] = std::min(a, b);
      }
    }
  }
  std::vector<std::vector<int>> blocks;
  std::vector<size_t> block_of(parameters.size());
  for (int p = 0; p < static_cast<int>(parameters.size()); ++p) {
    if (root(p) == p) {
      block_of[p] = blocks.size();
      blocks.emplace_back();
    }
    blocks[block_of[root(p)]].push_back(p);
  }
  for (const std::vector<int>& block : blocks) {
    if (block.size() == 1) continue;
    if (NumCombinations(parameters, block) <= kMaxCombinations) continue;
    return InvalidArgument("weight tables tie " + Names(parameters, block) +
                           " together, which have more than " +
                           std::to_string(kMaxCombinations) +
                           " combinations of choices");
  }
  return blocks;
}

double TableWeight(const LinearConstraint& constraint,
                   const WeightTable& table,
                   std::span<const int32_t> choices) {
  size_t index = 0;
  for (int p : table.parameters) {
    index =
        index * constraint.weights[p].size() + static_cast<size_t>(choices[p]);
  }
  return table.weights[index];
}

std::vector<std::vector<int32_t>> Combinations(
    const std::vector<Parameter>& parameters, const std::vector<int>& block) {
  std::vector<std::vector<int32_t>> combinations = {{}};
  for (int p : block) {
    std::vector<std::vector<int32_t>> longer;
    for (const std::vector<int32_t>& shorter : combinations) {
      for (size_t c = 0; c < parameters[p].choices.size(); ++c) {
        longer.push_back(shorter);
        longer.back().push_back(static_cast<int32_t>(c));
      }
    }
    combinations = std::move(longer);
  }
  return combinations;
}

std::vector<double> CombinationCosts(
    const LinearConstraint& constraint,
    const std::vector<int>& block,
    const std::vector<std::vector<int32_t>>& combinations) {
  // Tables lie in one block each.
  std::vector<const WeightTable*> tables;
  for (const WeightTable& table : constraint.tables) {
    if (std::ranges::binary_search(block, table.parameters[0])) {
      tables.push_back(&table);
    }
  }
  std::vector<double> costs;
  std::vector<int32_t> choices(tables.empty() ? 0 : constraint.weights.size());
  for (const std::vector<int32_t>& combination : combinations) {
    double cost = 0;
    for (size_t i = 0; i < block.size(); ++i) {
      cost += constraint.weights[block[i]][combination[i]];
      if (!tables.empty()) choices[block[i]] = combination[i];
    }
    for (const WeightTable* table : tables) {
      cost += TableWeight(constraint, *table, choices);
    }
    costs.push_back(cost);
  }
  return costs;
}

}  // namespace rankadaptor::internal
