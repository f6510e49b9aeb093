#include "search/random_walk.h"

#include <cmath>

namespace rankadaptor::internal {
namespace {

constexpr double kRelativeTolerance = 1e-9;

// Of the sums that Cost() forms.
double Size(const LinearConstraint& constraint) {
  double size = std::abs(constraint.limit);
  for (const std::vector<double>& weights : constraint.weights) {
    double largest = 0;
    for (double weight : weights) largest = std::max(largest, std::abs(weight));
    size += largest;
  }
  for (const WeightTable& table : constraint.tables) {
    double largest = 0;
    for (double weight : table.weights) {
      largest = std::max(largest, std::abs(weight));
    }
    size += largest;
  }
  return size;
}

}  // namespace

RandomWalk::RandomWalk(const SearchSpace& space, Configuration start)
    : space_(space), configuration_(std::move(start)) {
  for (const LinearConstraint& constraint : space.constraints()) {
    costs_.push_back(constraint.Cost(configuration_));
    tolerances_.push_back(kRelativeTolerance * Size(constraint));
  }
}

bool RandomWalk::Step(RandomStream& stream) {
  if (space_.free_parameters().empty()) return false;
  std::vector<Change> changes;
  for (int i = 0; i < 2; ++i) {
    changes.push_back(ChangeOne(stream));
    const bool moved =
        i == 0 || changes[0].parameter != changes[1].parameter ||
        configuration_.choices[changes[0].parameter] != changes[0].before;
    if (moved && KeepsConstraints()) return true;
  }
  Undo(changes);
  return false;
}

// Another choice of a random free parameter.
RandomWalk::Change RandomWalk::ChangeOne(RandomStream& stream) {
  const std::vector<int>& free = space_.free_parameters();
  const int parameter = free[static_cast<size_t>(
      stream.UniformInt(0, static_cast<int64_t>(free.size()) - 1))];
  const auto num_choices =
      static_cast<int64_t>(space_.parameter(parameter).choices.size());
  const int32_t before = configuration_.choices[parameter];
  const auto other =
      static_cast<int32_t>(stream.UniformInt(0, num_choices - 2));
  Set(parameter, other + (other >= before ? 1 : 0));
  return {parameter, before};
}

void RandomWalk::Set(int parameter, int32_t choice) {
  for (size_t k = 0; k < costs_.size(); ++k) {
    costs_[k] +=
        space_.CostChange(k, configuration_.choices, parameter, choice);
  }
  configuration_.choices[parameter] = choice;
}

bool RandomWalk::KeepsConstraints() {
  for (size_t k = 0; k < costs_.size(); ++k) {
    const LinearConstraint& constraint = space_.constraints()[k];
    if (std::abs(costs_[k] - constraint.limit) <= tolerances_[k]) {
      costs_[k] = constraint.Cost(configuration_);
    }
    if (!(costs_[k] <= constraint.limit)) return false;
  }
  return true;
}

void RandomWalk::Undo(const std::vector<Change>& changes) {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    Set(change->parameter, change->before);
  }
}

}  // namespace rankadaptor::internal
