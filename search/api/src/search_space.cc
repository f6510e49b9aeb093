#include "rankadaptor/search/search_space.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <set>
#include <sstream>

#include "rankadaptor/common/random_stream.h"

#include "search/api/src/feasible_point.h"
#include "search/api/src/weight_tables.h"

namespace rankadaptor {
namespace {

constexpr size_t kMaxParameters = 4096;
constexpr size_t kMaxConstraints = 256;
// So that no sum of weights overflows.
constexpr double kMaxWeight = 1e300;

template <typename T>
std::string Describe(const std::vector<T>& values) {
  std::ostringstream out;
  out << "{";
  for (size_t i = 0; i < values.size(); ++i) {
    out << (i == 0 ? "" : ",") << values[i];
  }
  out << "}";
  return out.str();
}

template <typename T>
bool AllDifferent(const std::vector<T>& values) {
  return std::set<T>(values.begin(), values.end()).size() == values.size();
}

Status CheckChoices(const Parameter& p) {
  const bool finite = std::ranges::all_of(
      p.choices, [](double value) { return std::isfinite(value); });
  const bool ascending =
      std::ranges::adjacent_find(p.choices, std::greater_equal<>()) ==
      p.choices.end();
  const bool ordinal = p.kind == ParameterKind::kOrdinal;
  const bool valid = !p.choices.empty() && finite &&
                     (ordinal ? ascending : AllDifferent(p.choices));
  if (valid) return {};
  return InvalidArgument("parameter '" + p.name + "' has choices " +
                         Describe(p.choices) + "; at least one, finite and " +
                         (ordinal ? "strictly ascending" : "all different") +
                         " are allowed");
}

Status CheckLabels(const Parameter& p) {
  if (p.labels.empty()) return {};
  if (p.kind == ParameterKind::kCategorical &&
      p.labels.size() == p.choices.size() && AllDifferent(p.labels)) {
    return {};
  }
  return InvalidArgument("parameter '" + p.name + "' has labels " +
                         Describe(p.labels) +
                         "; one for each choice of a categorical parameter, "
                         "all different, are allowed");
}

Status CheckDescriptors(const Parameter& p) {
  std::set<std::string> names;
  for (const Descriptor& descriptor : p.descriptors) {
    if (!names.insert(descriptor.name).second) {
      return InvalidArgument("parameter '" + p.name + "' has descriptor '" +
                             descriptor.name + "' twice");
    }
    if (std::isfinite(descriptor.value)) continue;
    return InvalidArgument("descriptor '" + descriptor.name +
                           "' of parameter '" + p.name + "' is not finite");
  }
  return {};
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
    RA_RETURN_IF_ERROR(CheckChoices(p));
    RA_RETURN_IF_ERROR(CheckLabels(p));
    RA_RETURN_IF_ERROR(CheckDescriptors(p));
  }
  return {};
}

std::string ConstraintName(const std::vector<LinearConstraint>& constraints,
                           size_t index) {
  const std::string& unit = constraints[index].unit;
  return "constraint " + std::to_string(index) +
         (unit.empty() ? "" : " (" + unit + ")");
}

Status CheckWeights(const std::vector<Parameter>& parameters,
                    const LinearConstraint& constraint) {
  if (constraint.weights.size() != parameters.size()) {
    return InvalidArgument(
        "has weights for " + std::to_string(constraint.weights.size()) +
        " parameters, the space has " + std::to_string(parameters.size()));
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::vector<double>& weights = constraint.weights[i];
    const bool valid = weights.size() == parameters[i].choices.size() &&
                       std::ranges::all_of(weights, [](double w) {
                         return std::abs(w) <= kMaxWeight;
                       });
    if (valid) continue;
    return InvalidArgument("the weights for '" + parameters[i].name + "' are " +
                           Describe(weights) +
                           "; one finite weight for each of its " +
                           std::to_string(parameters[i].choices.size()) +
                           " choices is allowed, at most 1e300 in size");
  }
  return {};
}

double CheapestCost(const SearchSpace& space,
                    const LinearConstraint& constraint) {
  double cheapest = 0;
  for (const std::vector<int>& block : space.blocks()) {
    cheapest += block.size() == 1 && constraint.tables.empty()
                    ? std::ranges::min(constraint.weights[block[0]])
                    : std::ranges::min(internal::CombinationCosts(
                          constraint,
                          block,
                          internal::Combinations(space.parameters(), block)));
  }
  return cheapest;
}

Status CheckLimit(const SearchSpace& space,
                  const LinearConstraint& constraint) {
  const double cheapest = CheapestCost(space, constraint);
  // Also refuses NaN.
  if (std::abs(constraint.limit) <= kMaxWeight && cheapest <= constraint.limit)
    return {};
  std::ostringstream out;
  out << "the limit of " << constraint.limit
      << " is not a finite number of at least " << cheapest
      << ", the cost of the cheapest configuration";
  return InvalidArgument(out.str());
}

// Fills in weights that were left out.
Status CheckConstraints(const std::vector<Parameter>& parameters,
                        std::vector<LinearConstraint>& constraints) {
  if (constraints.size() > kMaxConstraints) {
    return InvalidArgument("a search space has at most 256 constraints, not " +
                           std::to_string(constraints.size()));
  }
  for (size_t k = 0; k < constraints.size(); ++k) {
    LinearConstraint& constraint = constraints[k];
    if (constraint.weights.empty() && !constraint.tables.empty()) {
      for (const Parameter& p : parameters) {
        constraint.weights.emplace_back(p.choices.size(), 0.0);
      }
    }
    Status s = CheckWeights(parameters, constraint);
    if (s) s = internal::CheckTables(parameters, constraint);
    if (!s) return InContext(ConstraintName(constraints, k), s.error());
  }
  return {};
}

// Which tables of a constraint a parameter is in.
std::vector<std::vector<int>> TablesOf(const LinearConstraint& constraint) {
  std::vector<std::vector<int>> tables_of;
  if (constraint.tables.empty()) return tables_of;
  tables_of.resize(constraint.weights.size());
  for (size_t t = 0; t < constraint.tables.size(); ++t) {
    for (int p : constraint.tables[t].parameters) {
      tables_of[p].push_back(static_cast<int>(t));
    }
  }
  return tables_of;
}

}  // namespace

Parameter CategoricalParameter(std::string name,
                               std::vector<std::string> labels) {
  std::vector<double> choices(labels.size());
  std::iota(choices.begin(), choices.end(), 0.0);
  return {.name = std::move(name),
          .choices = std::move(choices),
          .kind = ParameterKind::kCategorical,
          .labels = std::move(labels)};
}

double LinearConstraint::Cost(std::span<const int32_t> choices) const {
  double cost = 0;
  for (size_t i = 0; i < weights.size(); ++i) cost += weights[i][choices[i]];
  for (const WeightTable& table : tables) {
    cost += internal::TableWeight(*this, table, choices);
  }
  return cost;
}

Result<SearchSpace> SearchSpace::Create(
    std::vector<Parameter> parameters,
    std::vector<LinearConstraint> constraints) {
  RA_RETURN_IF_ERROR(CheckParameters(parameters));
  RA_RETURN_IF_ERROR(CheckConstraints(parameters, constraints));
  SearchSpace space;
  space.parameters_ = std::move(parameters);
  space.constraints_ = std::move(constraints);
  RA_ASSIGN_OR_RETURN(
      space.blocks_,
      internal::MakeBlocks(space.parameters_, space.constraints_));
  for (size_t k = 0; k < space.constraints_.size(); ++k) {
    const LinearConstraint& constraint = space.constraints_[k];
    space.tables_of_.push_back(TablesOf(constraint));
    if (Status s = CheckLimit(space, constraint); !s) {
      return InContext(ConstraintName(space.constraints_, k), s.error());
    }
  }
  for (int i = 0; i < space.num_parameters(); ++i) {
    if (space.parameter(i).choices.size() > 1) space.free_.push_back(i);
  }
  RA_ASSIGN_OR_RETURN(space.feasible_, internal::FindFeasible(space));
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

double SearchSpace::CostChange(size_t constraint,
                               std::span<const int32_t> choices,
                               int parameter,
                               int32_t choice) const {
  const LinearConstraint& c = constraints_[constraint];
  const int32_t present = choices[parameter];
  double change = c.weights[parameter][choice] - c.weights[parameter][present];
  if (c.tables.empty()) return change;
  for (int t : tables_of_[constraint][parameter]) {
    const WeightTable& table = c.tables[t];
    // The index of what is chosen, and how far apart choices of the parameter
    // are.
    int64_t index = 0;
    int64_t stride = 0;
    for (int p : table.parameters) {
      const auto num_choices = static_cast<int64_t>(c.weights[p].size());
      index = index * num_choices + choices[p];
      stride = p == parameter ? 1 : stride * num_choices;
    }
    change += table.weights[index + stride * (choice - present)] -
              table.weights[index];
  }
  return change;
}

bool SearchSpace::KeepsConstraints(const Configuration& configuration) const {
  return std::ranges::all_of(constraints_, [&](const LinearConstraint& c) {
    return c.Cost(configuration) <= c.limit;
  });
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
  for (size_t k = 0; k < constraints_.size(); ++k) {
    const LinearConstraint& constraint = constraints_[k];
    const double cost = constraint.Cost(configuration);
    if (cost <= constraint.limit) continue;
    std::ostringstream out;
    out << ConstraintName(constraints_, k) << ": the configuration costs "
        << cost << ", at most " << constraint.limit << " are allowed";
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
    const Parameter& parameter = parameters_[i];
    for (double choice : parameter.choices) add(parameter.name, choice);
    if (parameter.kind == ParameterKind::kCategorical) add("categorical", 0);
    for (const std::string& label : parameter.labels) add(label, 0);
    for (const LinearConstraint& constraint : constraints_) {
      for (double weight : constraint.weights[i]) add("weight", weight);
    }
  }
  for (const LinearConstraint& constraint : constraints_) {
    add("limit", constraint.limit);
    for (const WeightTable& table : constraint.tables) {
      for (int parameter : table.parameters) add("table", parameter);
      for (double weight : table.weights) add("table weight", weight);
    }
  }
  return hash;
}

}  // namespace rankadaptor
