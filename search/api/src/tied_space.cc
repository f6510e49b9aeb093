#include "rankadaptor/search/tied_space.h"

#include <algorithm>
#include <string>

namespace rankadaptor {
namespace {

// For each parameter the first one of its group.
Result<std::vector<int>> Leaders(const std::vector<Parameter>& parameters,
                                 const std::vector<std::vector<int>>& groups) {
  const auto num_parameters = static_cast<int>(parameters.size());
  std::vector<int> leaders(parameters.size());
  for (int p = 0; p < num_parameters; ++p) leaders[p] = p;
  std::vector<bool> tied(parameters.size(), false);
  for (const std::vector<int>& group : groups) {
    for (int p : group) {
      if (p < 0 || p >= num_parameters) {
        return InvalidArgument("tied parameter " + std::to_string(p) +
                               " is not below " +
                               std::to_string(num_parameters));
      }
      if (tied[p]) {
        return InvalidArgument("parameter '" + parameters[p].name +
                               "' is tied twice");
      }
      tied[p] = true;
      leaders[p] = std::ranges::min(group);
    }
  }
  return leaders;
}

Status CheckAlike(const std::vector<Parameter>& parameters,
                  const std::vector<int>& leaders) {
  for (size_t p = 0; p < parameters.size(); ++p) {
    const Parameter& a = parameters[leaders[p]];
    const Parameter& b = parameters[p];
    if (a.kind == b.kind && a.choices == b.choices && a.labels == b.labels) {
      continue;
    }
    return InvalidArgument("parameters '" + a.name + "' and '" + b.name +
                           "' are tied, but their choices differ");
  }
  return {};
}

// Means of the descriptors that all members have.
std::vector<Descriptor> MeanDescriptors(
    const std::vector<const Parameter*>& members) {
  std::vector<Descriptor> means;
  for (const Descriptor& first : members[0]->descriptors) {
    double sum = 0;
    bool all = true;
    for (const Parameter* member : members) {
      auto own =
          std::ranges::find(member->descriptors, first.name, &Descriptor::name);
      all = all && own != member->descriptors.end();
      if (all) sum += own->value;
    }
    if (!all) continue;
    means.push_back({first.name, sum / static_cast<double>(members.size())});
  }
  return means;
}

// The table as a function of the places' choices. Members of one group that
// share a table leave its diagonal.
WeightTable TiedTable(const LinearConstraint& constraint,
                      const WeightTable& table,
                      const std::vector<int>& places,
                      const std::vector<Parameter>& parameters) {
  WeightTable tied;
  for (int p : table.parameters) tied.parameters.push_back(places[p]);
  std::ranges::sort(tied.parameters);
  tied.parameters.erase(
      std::unique(tied.parameters.begin(), tied.parameters.end()),
      tied.parameters.end());
  size_t count = 1;
  for (int place : tied.parameters) count *= parameters[place].choices.size();
  for (size_t index = 0; index < count; ++index) {
    std::vector<size_t> choices(parameters.size());
    size_t rest = index;
    for (size_t i = tied.parameters.size(); i-- > 0;) {
      const size_t size = parameters[tied.parameters[i]].choices.size();
      choices[tied.parameters[i]] = rest % size;
      rest /= size;
    }
    size_t original = 0;
    for (int p : table.parameters) {
      original = original * constraint.weights[p].size() + choices[places[p]];
    }
    tied.weights.push_back(table.weights[original]);
  }
  return tied;
}

LinearConstraint TiedConstraint(const LinearConstraint& constraint,
                                const std::vector<int>& places,
                                const std::vector<Parameter>& parameters) {
  LinearConstraint tied{constraint.unit, {}, constraint.limit};
  for (const Parameter& parameter : parameters) {
    tied.weights.emplace_back(parameter.choices.size(), 0.0);
  }
  for (size_t p = 0; p < constraint.weights.size(); ++p) {
    std::vector<double>& sums = tied.weights[places[p]];
    for (size_t c = 0; c < sums.size(); ++c)
      sums[c] += constraint.weights[p][c];
  }
  for (const WeightTable& table : constraint.tables) {
    tied.tables.push_back(TiedTable(constraint, table, places, parameters));
  }
  return tied;
}

}  // namespace

Result<TiedSpace> TiedSpace::Create(
    std::vector<Parameter> parameters,
    std::vector<LinearConstraint> constraints,
    const std::vector<std::vector<int>>& groups) {
  // Checks everything, and fills in what constraints leave out. Limits that
  // only hold where parameters differ are refused below.
  RA_ASSIGN_OR_RETURN(
      SearchSpace whole,
      SearchSpace::Create(std::move(parameters), std::move(constraints)));
  RA_ASSIGN_OR_RETURN(std::vector<int> leaders,
                      Leaders(whole.parameters(), groups));
  RA_RETURN_IF_ERROR(CheckAlike(whole.parameters(), leaders));
  if (groups.empty()) return TiedSpace(std::move(whole), std::move(leaders));
  std::vector<Parameter> tied;
  std::vector<int> places(leaders.size());
  for (size_t p = 0; p < leaders.size(); ++p) {
    if (leaders[p] != static_cast<int>(p)) {
      places[p] = places[leaders[p]];
      continue;
    }
    places[p] = static_cast<int>(tied.size());
    tied.push_back(whole.parameters()[p]);
    std::vector<const Parameter*> members;
    for (size_t m = p; m < leaders.size(); ++m) {
      if (leaders[m] == leaders[p]) members.push_back(&whole.parameters()[m]);
    }
    tied.back().descriptors = MeanDescriptors(members);
  }
  std::vector<LinearConstraint> tied_constraints;
  for (const LinearConstraint& constraint : whole.constraints()) {
    tied_constraints.push_back(TiedConstraint(constraint, places, tied));
  }
  RA_ASSIGN_OR_RETURN(
      SearchSpace space,
      SearchSpace::Create(std::move(tied), std::move(tied_constraints)));
  return TiedSpace(std::move(space), std::move(places));
}

std::vector<double> TiedSpace::Values(
    const Configuration& configuration) const {
  const std::vector<double> of_places = space_.Values(configuration);
  std::vector<double> values;
  for (int place : places_) values.push_back(of_places[place]);
  return values;
}

Configuration TiedSpace::Untied(const Configuration& configuration) const {
  Configuration untied;
  for (int place : places_) {
    untied.choices.push_back(configuration.choices[place]);
  }
  return untied;
}

std::optional<Configuration> TiedSpace::Tied(
    const Configuration& untied) const {
  Configuration tied;
  tied.choices.resize(space_.num_parameters());
  for (size_t p = 0; p < places_.size(); ++p) {
    tied.choices[places_[p]] = untied.choices[p];
  }
  if (Untied(tied) != untied) return std::nullopt;
  return tied;
}

}  // namespace rankadaptor
