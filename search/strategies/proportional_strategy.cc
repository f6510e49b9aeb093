#include "search/strategies/proportional_strategy.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <string>
#include <utility>

namespace rankadaptor::internal {
namespace {

Status CheckWeights(std::span<const double> weights, int num_parameters) {
  if (weights.size() != static_cast<size_t>(num_parameters)) {
    return InvalidArgument("proportional_weights has " +
                           std::to_string(weights.size()) +
                           " numbers, the space has " +
                           std::to_string(num_parameters) + " parameters");
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] >= 0 && std::isfinite(weights[i])) continue;
    return InvalidArgument("proportional_weights[" + std::to_string(i) +
                           "] = " + std::to_string(weights[i]) +
                           " is not finite and at least 0");
  }
  if (std::ranges::max(weights) == 0) {
    return InvalidArgument("proportional_weights are all 0");
  }
  return {};
}

// How far up the scales a configuration is, 0 to 1 a parameter.
double Height(const SearchSpace& space, const Configuration& configuration) {
  double height = 0;
  for (int i : space.free_parameters()) {
    height += configuration.choices[i] /
              (static_cast<double>(space.parameter(i).choices.size()) - 1);
  }
  return height;
}

bool Affordable(const SearchSpace& space, const Configuration& configuration) {
  if (!space.constraints().empty()) {
    return space.KeepsConstraints(configuration);
  }
  return Height(space, configuration) <=
         static_cast<double>(space.free_parameters().size()) / 2 + 1e-9;
}

// The next choice of a parameter for its weight.
double NextAverage(const Parameter& parameter, int32_t choice, double weight) {
  const double lowest = std::min(parameter.choices.front(), 0.0);
  return (parameter.choices[choice + 1] - lowest) / weight;
}

}  // namespace

Configuration ProportionalConfiguration(const SearchSpace& space,
                                        std::span<const double> weights) {
  Configuration configuration;
  configuration.choices.assign(space.num_parameters(), 0);
  // Where the lowest choices break a constraint there is nothing to be
  // proportional to.
  if (!space.KeepsConstraints(configuration)) {
    return space.feasible_configuration();
  }
  using Raise = std::pair<double, int>;  // average, parameter
  std::priority_queue<Raise, std::vector<Raise>, std::greater<>> raises;
  auto offer = [&](int i) {
    const Parameter& parameter = space.parameter(i);
    const int32_t choice = configuration.choices[i];
    if (choice + 1 == static_cast<int32_t>(parameter.choices.size())) return;
    if (weights[i] == 0 || parameter.kind != ParameterKind::kOrdinal) return;
    raises.emplace(NextAverage(parameter, choice, weights[i]), i);
  };
  for (int i = 0; i < space.num_parameters(); ++i) offer(i);
  while (!raises.empty()) {
    const int i = raises.top().second;
    raises.pop();
    ++configuration.choices[i];
    if (Affordable(space, configuration)) {
      offer(i);
    } else {
      --configuration.choices[i];
    }
  }
  return configuration;
}

Result<std::unique_ptr<Strategy>> ProportionalStrategy::Create(
    const SearchSpace& space, const StrategyOptions& options) {
  std::vector<double> weights = options.proportional_weights;
  if (weights.empty()) weights.assign(space.num_parameters(), 1.0);
  RA_RETURN_IF_ERROR(CheckWeights(weights, space.num_parameters()));
  return std::unique_ptr<Strategy>(new ProportionalStrategy(
      space, ProportionalConfiguration(space, weights), options.seed));
}

ProportionalStrategy::ProportionalStrategy(const SearchSpace& space,
                                           Configuration first,
                                           uint64_t seed)
    : first_(std::move(first)), others_(space, seed) {}

Status ProportionalStrategy::MetaLearn(std::span<const SourceStudy>) {
  return {};
}

Status ProportionalStrategy::Observe(std::span<const Trial> trials) {
  for (const Trial& trial : trials) {
    if (trial.configuration == first_) first_taken_ = true;
  }
  return others_.Observe(trials);
}

Result<std::vector<Suggestion>> ProportionalStrategy::Suggest(int count) {
  std::vector<Suggestion> suggestions;
  if (!first_taken_ && count > 0) {
    suggestions.push_back({.configuration = first_});
    first_taken_ = true;
    others_.MarkPending(suggestions);
    --count;
  }
  RA_ASSIGN_OR_RETURN(std::vector<Suggestion> others, others_.Suggest(count));
  std::ranges::move(others, std::back_inserter(suggestions));
  return suggestions;
}

void ProportionalStrategy::MarkPending(std::span<const Suggestion> pending) {
  for (const Suggestion& suggestion : pending) {
    if (suggestion.configuration == first_) first_taken_ = true;
  }
  others_.MarkPending(pending);
}

Result<std::vector<Suggestion>> ProportionalStrategy::Recommend(int count) {
  return others_.Recommend(count);
}

}  // namespace rankadaptor::internal
