#include "search/feasible_set.h"

#include <algorithm>
#include <cmath>

namespace rankadaptor::internal {
namespace {

// Depth-first over the free parameters; what is assigned can always be
// completed by the cheapest remaining choices.
class Enumeration {
 public:
  Enumeration(const SearchSpace& space,
              const std::function<bool(const Configuration&)>& visit)
      : space_(space), visit_(visit) {
    configuration_.choices.assign(space.num_parameters(), 0);
    cheapest_rest_.assign(space.free_parameters().size() + 1, FixedCost());
    for (size_t depth = space.free_parameters().size(); depth-- > 0;) {
      const auto& weights = Weights(depth);
      double cheapest =
          weights.empty() ? 0 : *std::ranges::min_element(weights);
      cheapest_rest_[depth] = cheapest_rest_[depth + 1] + cheapest;
    }
  }

  // False once the visitor wants no more. Iterative, because the depth is the
  // number of parameters.
  void Run() {
    const size_t num_free = space_.free_parameters().size();
    std::vector<int32_t> next(num_free + 1, 0);
    std::vector<double> cost(num_free + 1, 0);
    size_t depth = 0;
    while (true) {
      if (depth == num_free) {
        if (space_.WithinBudget(configuration_) && !visit_(configuration_)) {
          return;
        }
      } else if (Advance(depth, next[depth], cost[depth], cost[depth + 1])) {
        next[++depth] = 0;
        continue;
      }
      if (depth == 0) return;
      --depth;
    }
  }

 private:
  const std::vector<double>& Weights(size_t depth) const {
    static const std::vector<double> kNone;
    if (!space_.budget()) return kNone;
    return space_.budget()->weights[space_.free_parameters()[depth]];
  }

  double FixedCost() const {
    if (!space_.budget()) return 0;
    double cost = 0;
    for (const std::vector<double>& weights : space_.budget()->weights) {
      if (weights.size() == 1) cost += weights[0];
    }
    return cost;
  }

  // Takes the next affordable choice of the parameter at `depth`, from `next`
  // on, or returns false.
  bool Advance(size_t depth, int32_t& next, double cost, double& new_cost) {
    const int parameter = space_.free_parameters()[depth];
    const auto num_choices =
        static_cast<int32_t>(space_.parameter(parameter).choices.size());
    for (; next < num_choices; ++next) {
      new_cost = cost;
      if (space_.budget()) new_cost += Weights(depth)[next];
      if (!Affordable(new_cost + cheapest_rest_[depth + 1])) continue;
      configuration_.choices[parameter] = next++;
      return true;
    }
    return false;
  }

  // Generous by rounding errors: WithinBudget() decides at the leaves.
  bool Affordable(double cost) const {
    return !space_.budget() || cost <= space_.budget()->limit * (1 + 2e-9);
  }

  const SearchSpace& space_;
  const std::function<bool(const Configuration&)>& visit_;
  Configuration configuration_;
  std::vector<double> cheapest_rest_;  // [num_free + 1]
};

}  // namespace

void ForEachFeasible(const SearchSpace& space,
                     const std::function<bool(const Configuration&)>& visit) {
  Enumeration(space, visit).Run();
}

std::vector<Configuration> EnumerateFeasible(const SearchSpace& space,
                                             int64_t limit) {
  std::vector<Configuration> all;
  const bool too_many =
      space.Log10Size() > std::log10(static_cast<double>(limit)) + 0.01;
  if (too_many && !space.budget()) return all;
  ForEachFeasible(space, [&](const Configuration& configuration) {
    all.push_back(configuration);
    return static_cast<int64_t>(all.size()) <= limit;
  });
  if (static_cast<int64_t>(all.size()) > limit) all.clear();
  return all;
}

}  // namespace rankadaptor::internal
