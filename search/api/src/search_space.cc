#include "rankadaptor/search/search_space.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <set>
#include <sstream>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor {
namespace {

constexpr size_t kMaxParameters = 4096;

std::string Describe(const std::vector<double>& choices) {
  std::ostringstream out;
  out << "{";
  for (size_t i = 0; i < choices.size(); ++i) {
    out << (i == 0 ? "" : ",") << choices[i];
  }
  out << "}";
  return out.str();
}

Status CheckParameters(const std::vector<Parameter>& parameters) {
  if (parameters.empty() || parameters.size() > kMaxParameters) {
    return InvalidArgument("a search space has 1 to 4096 parameters, not " +
                           std::to_string(parameters.size()));
  }
  std::set<std::string> names;
  for (const Parameter& p : parameters) {
    if (!names.insert(p.name).second) {
      return InvalidArgument("parameter '" + p.name + "' is named twice");
    }
    bool finite = std::ranges::all_of(
        p.choices, [](double value) { return std::isfinite(value); });
    bool ascending = std::ranges::adjacent_find(
                         p.choices, std::greater_equal<>()) == p.choices.end();
    if (p.choices.empty() || !finite || !ascending) {
      return InvalidArgument("parameter '" + p.name + "' has choices " +
                             Describe(p.choices) +
                             "; at least one, finite and strictly ascending "
                             "are allowed");
    }
  }
  return {};
}

Status CheckBudget(const std::vector<Parameter>& parameters,
                   const Budget& budget) {
  if (budget.weights.size() != parameters.size()) {
    return InvalidArgument(
        "the budget has weights for " + std::to_string(budget.weights.size()) +
        " parameters, the space has " + std::to_string(parameters.size()));
  }
  double cheapest = 0;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::vector<double>& weights = budget.weights[i];
    bool valid = weights.size() == parameters[i].choices.size() &&
                 std::ranges::all_of(weights, [](double w) {
                   return std::isfinite(w) && w >= 0;
                 });
    if (!valid) {
      return InvalidArgument("the budget's weights for '" + parameters[i].name +
                             "' are " + Describe(weights) +
                             "; one finite weight >= 0 per choice is allowed");
    }
    cheapest += *std::ranges::min_element(weights);
  }
  if (!std::isfinite(budget.limit) || cheapest > budget.limit * (1 + 1e-9)) {
    std::ostringstream out;
    out << "the budget of " << budget.limit << " " << budget.unit
        << " is below the cheapest configuration, " << cheapest;
    return InvalidArgument(out.str());
  }
  return {};
}

}  // namespace

Result<SearchSpace> SearchSpace::Create(std::vector<Parameter> parameters,
                                        std::optional<Budget> budget) {
  RA_RETURN_IF_ERROR(CheckParameters(parameters));
  if (budget) RA_RETURN_IF_ERROR(CheckBudget(parameters, *budget));
  SearchSpace space;
  space.parameters_ = std::move(parameters);
  space.budget_ = std::move(budget);
  for (int i = 0; i < space.num_parameters(); ++i) {
    if (space.parameter(i).choices.size() > 1) space.free_.push_back(i);
  }
  return space;
}

double SearchSpace::Log10Size() const {
  double sum = 0;
  for (const Parameter& p : parameters_) {
    sum += std::log10(static_cast<double>(p.choices.size()));
  }
  return sum;
}

std::vector<double> SearchSpace::Values(
    const Configuration& configuration) const {
  std::vector<double> values(parameters_.size());
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = parameters_[i].choices[configuration.choices[i]];
  }
  return values;
}

Result<Configuration> SearchSpace::FromValues(
    const std::vector<double>& values) const {
  if (values.size() != parameters_.size()) {
    return InvalidArgument(std::to_string(values.size()) +
                           " values given for a space of " +
                           std::to_string(parameters_.size()) + " parameters");
  }
  Configuration configuration;
  for (size_t i = 0; i < values.size(); ++i) {
    const std::vector<double>& choices = parameters_[i].choices;
    auto found = std::ranges::find(choices, values[i]);
    if (found == choices.end()) {
      std::ostringstream out;
      out << "'" << parameters_[i].name << "' = " << values[i]
          << " is not one of " << Describe(choices);
      return InvalidArgument(out.str());
    }
    configuration.choices.push_back(
        static_cast<int32_t>(found - choices.begin()));
  }
  return configuration;
}

double SearchSpace::Cost(const Configuration& configuration) const {
  if (!budget_) return 0;
  double cost = 0;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    cost += budget_->weights[i][configuration.choices[i]];
  }
  return cost;
}

bool SearchSpace::WithinBudget(const Configuration& configuration) const {
  return !budget_ || Cost(configuration) <= budget_->limit * (1 + 1e-9);
}

Status SearchSpace::Validate(const Configuration& configuration) const {
  if (configuration.choices.size() != parameters_.size()) {
    return InvalidArgument(
        "a configuration of " + std::to_string(configuration.choices.size()) +
        " choices in a space of " + std::to_string(parameters_.size()));
  }
  for (size_t i = 0; i < parameters_.size(); ++i) {
    int32_t choice = configuration.choices[i];
    if (choice < 0 ||
        choice >= static_cast<int32_t>(parameters_[i].choices.size())) {
      return InvalidArgument("choice " + std::to_string(choice) + " of '" +
                             parameters_[i].name + "' is not below " +
                             std::to_string(parameters_[i].choices.size()));
    }
  }
  if (!WithinBudget(configuration)) {
    std::ostringstream out;
    out << "the configuration costs " << Cost(configuration) << " "
        << budget_->unit << ", at most " << budget_->limit << " are allowed";
    return InvalidArgument(out.str());
  }
  return {};
}

uint64_t SearchSpace::Fingerprint() const {
  uint64_t hash = 0;
  auto add = [&](std::string_view text, double value) {
    hash = DeriveSeed(hash, text, std::bit_cast<uint64_t>(value));
  };
  for (size_t i = 0; i < parameters_.size(); ++i) {
    for (double choice : parameters_[i].choices) {
      add(parameters_[i].name, choice);
    }
    if (!budget_) continue;
    for (double weight : budget_->weights[i]) add("weight", weight);
  }
  if (budget_) add("limit", budget_->limit);
  return hash;
}

}  // namespace rankadaptor
