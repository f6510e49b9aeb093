#include "search/api/src/feasible_point.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/feasible_configurations.h"
#include "rankadaptor/search/scaled_constraints.h"

namespace rankadaptor::internal {
namespace {

constexpr int kDualRounds = 400;
constexpr int kRepairs = 30;

// A configuration by positions in the blocks' choices.
using Positions = std::vector<size_t>;

class FeasiblePointSearch {
 public:
  FeasiblePointSearch(const SearchSpace& space, ScaledConstraints scaled)
      : space_(space),
        scaled_(std::move(scaled)),
        multipliers_(scaled_.costs.size(),
                     1.0 / static_cast<double>(scaled_.costs.size())) {}

  // Sets found() or infeasible(), or neither.
  //
  // With multipliers that sum to 1 every feasible configuration has a combined
  // cost of at most 1; if the cheapest one has more, there is none. Violated
  // constraints gain weight (multiplicative weights).
  void AscendDual() {
    for (int round = 0; round < kDualRounds; ++round) {
      visited_.push_back(CheapestCombined());
      if (Offer(visited_.back()) || infeasible_) return;
      Reweigh(visited_.back(), std::sqrt(1.0 / (1 + round)));
    }
  }

  // The visited ones together approximate the linear relaxation's solution: a
  // random mixture of them is nearly feasible.
  void Repair() {
    RandomStream stream(0, "feasible point");
    for (int i = 0; i < kRepairs && !found_; ++i) {
      Positions positions;
      for (size_t p = 0; p < scaled_.blocks.size(); ++p) {
        const auto from = static_cast<size_t>(
            stream.UniformInt(0, static_cast<int64_t>(visited_.size()) - 1));
        positions.push_back(visited_[from][p]);
      }
      Descend(positions);
      Offer(positions);
    }
  }

  void SearchDepthFirst() {
    infeasible_ = ForEachFeasible(space_,
                                  [&](const Configuration& first) {
                                    found_ = first;
                                    return false;
                                  }) &&
                  !found_;
  }

  const std::optional<Configuration>& found() const { return found_; }
  bool infeasible() const { return infeasible_; }

 private:
  size_t num_constraints() const { return scaled_.costs.size(); }

  Positions CheapestCombined() {
    Positions cheapest(scaled_.blocks.size());
    double total = 0;
    for (size_t p = 0; p < cheapest.size(); ++p) {
      double least = std::numeric_limits<double>::infinity();
      for (size_t c = 0; c < scaled_.blocks[p].choices.size(); ++c) {
        double cost = 0;
        for (size_t k = 0; k < num_constraints(); ++k) {
          cost += multipliers_[k] * scaled_.costs[k][p][c];
        }
        if (cost < least) {
          least = cost;
          cheapest[p] = c;
        }
      }
      total += least;
    }
    infeasible_ = total > kScaledLimit * kScaledLimit;
    return cheapest;
  }

  std::vector<double> Costs(const Positions& positions) const {
    std::vector<double> costs(num_constraints(), 0);
    for (size_t k = 0; k < costs.size(); ++k) {
      for (size_t p = 0; p < positions.size(); ++p) {
        costs[k] += scaled_.costs[k][p][positions[p]];
      }
    }
    return costs;
  }

  void Reweigh(const Positions& positions, double step) {
    const std::vector<double> costs = Costs(positions);
    double largest = 0;
    for (double cost : costs) largest = std::max(largest, std::abs(cost - 1));
    if (largest == 0) return;
    double sum = 0;
    for (size_t k = 0; k < costs.size(); ++k) {
      multipliers_[k] *= std::exp(step * (costs[k] - 1) / largest);
      sum += multipliers_[k];
    }
    for (double& multiplier : multipliers_) multiplier /= sum;
  }

  static double Violation(const std::vector<double>& costs) {
    double violation = 0;
    for (double cost : costs) violation += std::max(0.0, cost - 1);
    return violation;
  }

  // Takes the best single change while one lowers the violation.
  void Descend(Positions& positions) const {
    std::vector<double> costs = Costs(positions);
    while (Violation(costs) > 0 && TakeBestChange(positions, costs)) {
    }
  }

  bool TakeBestChange(Positions& positions, std::vector<double>& costs) const {
    double least = Violation(costs);
    const double before = least;
    size_t block = 0;
    size_t choice = 0;
    for (size_t p = 0; p < positions.size(); ++p) {
      for (size_t c = 0; c < scaled_.blocks[p].choices.size(); ++c) {
        const double violation = Violation(Changed(costs, positions, p, c));
        if (violation >= least) continue;
        least = violation;
        block = p;
        choice = c;
      }
    }
    if (least >= before * (1 - 1e-12)) return false;
    costs = Changed(costs, positions, block, choice);
    positions[block] = choice;
    return true;
  }

  std::vector<double> Changed(std::vector<double> costs,
                              const Positions& positions,
                              size_t p,
                              size_t choice) const {
    for (size_t k = 0; k < costs.size(); ++k) {
      const std::vector<double>& of_choice = scaled_.costs[k][p];
      costs[k] += of_choice[choice] - of_choice[positions[p]];
    }
    return costs;
  }

  bool Offer(const Positions& positions) {
    Configuration configuration;
    configuration.choices.resize(space_.num_parameters());
    for (size_t p = 0; p < positions.size(); ++p) {
      Assign(scaled_.blocks[p], positions[p], configuration.choices);
    }
    if (!space_.KeepsConstraints(configuration)) return false;
    found_ = std::move(configuration);
    return true;
  }

  const SearchSpace& space_;
  const ScaledConstraints scaled_;
  std::vector<double> multipliers_;  // sum 1
  std::vector<Positions> visited_;
  std::optional<Configuration> found_;
  bool infeasible_ = false;
};

tl::unexpected<Error> Contradiction() {
  return InvalidArgument(
      "no configuration keeps all constraints: raise the limit of one");
}

}  // namespace

Result<Configuration> FindFeasible(const SearchSpace& space) {
  if (space.constraints().empty()) {
    return Configuration{std::vector<int32_t>(space.num_parameters(), 0)};
  }
  std::optional<ScaledConstraints> scaled = ScaleConstraints(space);
  if (!scaled) return Contradiction();
  FeasiblePointSearch search(space, *std::move(scaled));
  search.AscendDual();
  if (!search.found() && !search.infeasible()) search.Repair();
  if (!search.found() && !search.infeasible()) search.SearchDepthFirst();
  if (search.found()) return *search.found();
  if (search.infeasible()) return Contradiction();
  return ResourceExhausted(
      "no configuration that keeps all " +
      std::to_string(space.constraints().size()) +
      " constraints was found in a long search, and none was proved to be "
      "impossible: raise the limit of one");
}

}  // namespace rankadaptor::internal
