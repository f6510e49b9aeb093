#include "rankadaptor/search/feasible_configurations.h"

#include <algorithm>
#include <optional>

#include "rankadaptor/search/scaled_constraints.h"

namespace rankadaptor {
namespace {

constexpr int64_t kMaxStepsWithoutResult = 1'000'000;

// Sums of costs, one per row.
using RowCosts = std::vector<double>;

// Depth-first over all blocks; what is assigned is completed by what is
// cheapest for each row by itself.
class Enumeration {
 public:
  Enumeration(const SearchSpace& space,
              ScaledConstraints scaled,
              const std::function<bool(const Configuration&)>& visit)
      : space_(space), visit_(visit), scaled_(std::move(scaled)) {
    if (scaled_.costs.size() > 1) AddCombinedRow();
    configuration_.choices.assign(space.num_parameters(), 0);
    cheapest_rest_.assign(num_blocks() + 1, RowCosts(num_rows(), 0));
    for (size_t depth = num_blocks(); depth-- > 0;) {
      for (size_t row = 0; row < num_rows(); ++row) {
        cheapest_rest_[depth][row] =
            cheapest_rest_[depth + 1][row] +
            *std::ranges::min_element(scaled_.costs[row][depth]);
      }
    }
  }

  // False if it gave up. Iterative, because the depth is the number of
  // blocks.
  bool Run() {
    std::vector<size_t> next(num_blocks() + 1, 0);
    std::vector<RowCosts> costs(num_blocks() + 1, RowCosts(num_rows(), 0));
    size_t depth = 0;
    int64_t steps = 0;
    while (++steps < kMaxStepsWithoutResult + space_.num_parameters()) {
      if (depth == num_blocks()) {
        if (space_.KeepsConstraints(configuration_)) {
          if (!visit_(configuration_)) return true;
          steps = 0;
        }
      } else if (Advance(depth, next[depth], costs[depth], costs[depth + 1])) {
        next[++depth] = 0;
        continue;
      }
      if (depth == 0) return true;
      --depth;
    }
    return false;
  }

 private:
  size_t num_blocks() const { return scaled_.blocks.size(); }
  size_t num_rows() const { return scaled_.costs.size(); }

  // The mean of the constraints is one more constraint, which notices where two
  // of them contradict each other.
  void AddCombinedRow() {
    const auto num_constraints = static_cast<double>(num_rows());
    auto combined = scaled_.costs[0];
    for (size_t p = 0; p < num_blocks(); ++p) {
      for (size_t c = 0; c < combined[p].size(); ++c) {
        double sum = 0;
        for (const auto& row : scaled_.costs) sum += row[p][c];
        combined[p][c] = sum / num_constraints;
      }
    }
    scaled_.costs.push_back(std::move(combined));
  }

  // Takes the next affordable choice of the block at `depth`, from `next`
  // on, or returns false.
  bool Advance(size_t depth,
               size_t& next,
               const RowCosts& costs,
               RowCosts& new_costs) {
    const ChoiceBlock& block = scaled_.blocks[depth];
    for (; next < block.choices.size(); ++next) {
      if (!Affordable(depth, next, costs, new_costs)) continue;
      Assign(block, next++, configuration_.choices);
      return true;
    }
    return false;
  }

  bool Affordable(size_t depth,
                  size_t choice,
                  const RowCosts& costs,
                  RowCosts& new_costs) const {
    for (size_t row = 0; row < num_rows(); ++row) {
      new_costs[row] = costs[row] + scaled_.costs[row][depth][choice];
      const double least = new_costs[row] + cheapest_rest_[depth + 1][row];
      if (least > kScaledLimit) return false;
    }
    return true;
  }

  const SearchSpace& space_;
  const std::function<bool(const Configuration&)>& visit_;
  ScaledConstraints scaled_;
  Configuration configuration_;
  std::vector<RowCosts> cheapest_rest_;  // [num_blocks + 1]
};

}  // namespace

bool ForEachFeasible(const SearchSpace& space,
                     const std::function<bool(const Configuration&)>& visit) {
  std::optional<ScaledConstraints> scaled = ScaleConstraints(space);
  if (!scaled) return true;
  return Enumeration(space, *std::move(scaled), visit).Run();
}

}  // namespace rankadaptor
