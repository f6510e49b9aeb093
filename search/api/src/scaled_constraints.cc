#include "rankadaptor/search/scaled_constraints.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace rankadaptor {
namespace {

constexpr double kRelativeTolerance = 1e-9;

// What one constraint leaves when every parameter takes its cheapest choice.
struct Slack {
  std::vector<double> cheapest;  // [num_parameters]
  double left = 0;               // generous; negative: infeasible
};

Slack MeasureSlack(const LinearConstraint& constraint,
                   const std::vector<std::vector<int32_t>>& choices) {
  Slack slack;
  double sum = 0;
  double size = std::abs(constraint.limit);
  for (size_t i = 0; i < choices.size(); ++i) {
    double cheapest = std::numeric_limits<double>::infinity();
    for (int32_t c : choices[i]) {
      cheapest = std::min(cheapest, constraint.weights[i][c]);
    }
    slack.cheapest.push_back(cheapest);
    sum += cheapest;
    size += std::abs(cheapest);
  }
  slack.left = constraint.limit - sum + kRelativeTolerance * size;
  return slack;
}

// Removes what is too dear by itself; true if something was.
bool RemoveTooDear(const LinearConstraint& constraint,
                   std::vector<std::vector<int32_t>>& choices) {
  const Slack slack = MeasureSlack(constraint, choices);
  bool removed = false;
  for (size_t i = 0; i < choices.size(); ++i) {
    removed |= std::erase_if(choices[i], [&](int32_t c) {
                 const double extra =
                     constraint.weights[i][c] - slack.cheapest[i];
                 return extra > slack.left;
               }) > 0;
  }
  return removed;
}

bool AnyEmpty(const std::vector<std::vector<int32_t>>& choices) {
  return std::ranges::any_of(choices, [](const auto& c) { return c.empty(); });
}

// Removing a choice for one constraint may make others too dear for another.
bool RemoveAllTooDear(const std::vector<LinearConstraint>& constraints,
                      std::vector<std::vector<int32_t>>& choices) {
  bool removed = true;
  while (removed) {
    removed = false;
    for (const LinearConstraint& constraint : constraints) {
      removed |= RemoveTooDear(constraint, choices);
      if (AnyEmpty(choices)) return false;
    }
  }
  return true;
}

void AddScaled(const LinearConstraint& constraint, ScaledConstraints& scaled) {
  const Slack slack = MeasureSlack(constraint, scaled.choices);
  auto& costs = scaled.costs.emplace_back(scaled.choices.size());
  for (size_t i = 0; i < scaled.choices.size(); ++i) {
    for (int32_t c : scaled.choices[i]) {
      const double extra = constraint.weights[i][c] - slack.cheapest[i];
      costs[i].push_back(extra == 0 ? 0 : extra / slack.left);
    }
  }
  scaled.units.push_back(slack.left);
}

}  // namespace

std::optional<ScaledConstraints> ScaleConstraints(const SearchSpace& space) {
  ScaledConstraints scaled;
  for (const Parameter& parameter : space.parameters()) {
    std::vector<int32_t>& all = scaled.choices.emplace_back();
    all.resize(parameter.choices.size());
    std::iota(all.begin(), all.end(), 0);
  }
  if (!RemoveAllTooDear(space.constraints(), scaled.choices)) return {};
  for (const LinearConstraint& constraint : space.constraints()) {
    AddScaled(constraint, scaled);
  }
  return scaled;
}

}  // namespace rankadaptor
