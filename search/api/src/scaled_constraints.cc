#include "rankadaptor/search/scaled_constraints.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "search/api/src/weight_tables.h"

namespace rankadaptor {
namespace {

constexpr double kRelativeTolerance = 1e-9;

// Costs of one constraint by block and choice, in its own unit.
using BlockCosts = std::vector<std::vector<double>>;

// What one constraint leaves when every block takes its cheapest choice.
struct Slack {
  std::vector<double> cheapest;  // [num_blocks]
  double left = 0;               // generous; negative: infeasible
};

Slack MeasureSlack(double limit, const BlockCosts& costs) {
  Slack slack;
  double sum = 0;
  double size = std::abs(limit);
  for (const std::vector<double>& of_block : costs) {
    const double cheapest = std::ranges::min(of_block);
    slack.cheapest.push_back(cheapest);
    sum += cheapest;
    size += std::abs(cheapest);
  }
  slack.left = limit - sum + kRelativeTolerance * size;
  return slack;
}

// The blocks' choices and what they cost for each constraint, thinned out
// together.
class Thinning {
 public:
  explicit Thinning(const SearchSpace& space) : space_(space) {
    for (const std::vector<int>& block : space.blocks()) {
      blocks_.push_back(
          {block, internal::Combinations(space.parameters(), block)});
    }
    for (const LinearConstraint& constraint : space.constraints()) {
      BlockCosts& costs = costs_.emplace_back();
      for (const ChoiceBlock& block : blocks_) {
        costs.push_back(internal::CombinationCosts(
            constraint, block.parameters, block.choices));
      }
    }
  }

  // Removes what is too dear by itself; false if a block has nothing left.
  // Removing a choice for one constraint may make others too dear for another.
  bool RemoveAllTooDear() {
    bool removed = true;
    while (removed) {
      removed = false;
      for (size_t k = 0; k < costs_.size(); ++k) {
        const Slack slack =
            MeasureSlack(space_.constraints()[k].limit, costs_[k]);
        for (size_t b = 0; b < blocks_.size(); ++b) {
          removed |= RemoveTooDear(k, b, slack);
          if (blocks_[b].choices.empty()) return false;
        }
      }
    }
    return true;
  }

  ScaledConstraints Scale() && {
    ScaledConstraints scaled{
        .blocks = std::move(blocks_), .costs = std::move(costs_), .units = {}};
    for (size_t k = 0; k < scaled.costs.size(); ++k) {
      const Slack slack =
          MeasureSlack(space_.constraints()[k].limit, scaled.costs[k]);
      for (size_t b = 0; b < scaled.blocks.size(); ++b) {
        for (double& cost : scaled.costs[k][b]) {
          const double extra = cost - slack.cheapest[b];
          cost = extra == 0 ? 0 : extra / slack.left;
        }
      }
      scaled.units.push_back(slack.left);
    }
    return scaled;
  }

 private:
  bool RemoveTooDear(size_t constraint, size_t block, const Slack& slack) {
    const std::vector<double>& costs = costs_[constraint][block];
    std::vector<size_t> kept;
    for (size_t c = 0; c < costs.size(); ++c) {
      if (costs[c] - slack.cheapest[block] <= slack.left) kept.push_back(c);
    }
    if (kept.size() == costs.size()) return false;
    Keep(kept, blocks_[block].choices);
    for (BlockCosts& of_constraint : costs_) Keep(kept, of_constraint[block]);
    return true;
  }

  template <typename T>
  static void Keep(const std::vector<size_t>& kept, std::vector<T>& all) {
    std::vector<T> left;
    for (size_t index : kept) left.push_back(std::move(all[index]));
    all = std::move(left);
  }

  const SearchSpace& space_;
  std::vector<ChoiceBlock> blocks_;
  std::vector<BlockCosts> costs_;  // [num_constraints]
};

}  // namespace

std::optional<ScaledConstraints> ScaleConstraints(const SearchSpace& space) {
  Thinning thinning(space);
  if (!thinning.RemoveAllTooDear()) return {};
  return std::move(thinning).Scale();
}

void Assign(const ChoiceBlock& block,
            size_t choice,
            std::span<int32_t> choices) {
  for (size_t i = 0; i < block.parameters.size(); ++i) {
    choices[block.parameters[i]] = block.choices[choice][i];
  }
}

}  // namespace rankadaptor
