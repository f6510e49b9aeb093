#include "runners/study/stated_space.h"

#include <string>
#include <utility>
#include <vector>

namespace rankadaptor::runners {
namespace {

Result<Parameter> ParameterOf(const v1::ParameterConfig& config,
                              const ConfigField& field) {
  if ((config.choices_size() > 0) == (config.labels_size() > 0)) {
    return field.Invalid("needs either choices or labels");
  }
  Parameter parameter{
      .name = config.name(),
      .choices = {config.choices().begin(), config.choices().end()}};
  if (config.labels_size() > 0) {
    parameter = CategoricalParameter(
        config.name(), {config.labels().begin(), config.labels().end()});
  }
  for (const v1::DescriptorConfig& descriptor : config.descriptors()) {
    parameter.descriptors.push_back({descriptor.name(), descriptor.value()});
  }
  return parameter;
}

void AddParameters(const Parameter& parameter,
                   const v1::ParameterConfig& config,
                   std::vector<Parameter>& parameters) {
  if (!config.has_count()) {
    parameters.push_back(parameter);
    return;
  }
  for (uint32_t i = 0; i < config.count(); ++i) {
    parameters.push_back(parameter);
    parameters.back().name += " " + std::to_string(i);
  }
}

Result<LinearConstraint> ConstraintOf(const v1::SumLimit& config,
                                      const std::vector<Parameter>& parameters,
                                      const ConfigField& field) {
  const std::vector<double> weights(config.weights().begin(),
                                    config.weights().end());
  if (!weights.empty() && weights.size() != parameters.size()) {
    return field["weights"].Invalid(
        "has " + std::to_string(weights.size()) + " numbers; allowed: " +
        std::to_string(parameters.size()) + ", one for each parameter");
  }
  LinearConstraint constraint{
      .unit = config.has_unit() ? config.unit() : "sum of values",
      .weights = {},
      .limit = config.max()};
  for (size_t i = 0; i < parameters.size(); ++i) {
    std::vector<double>& row = constraint.weights.emplace_back();
    for (const double value : parameters[i].choices) {
      row.push_back((weights.empty() ? 1 : weights[i]) * value);
    }
  }
  return constraint;
}

}  // namespace

Result<SearchSpace> StatedSpace(const v1::SpaceConfig& config,
                                const ConfigField& field) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < config.parameters_size(); ++i) {
    RA_ASSIGN_OR_RETURN(
        const Parameter parameter,
        ParameterOf(config.parameters(i), field["parameters"][i]));
    AddParameters(parameter, config.parameters(i), parameters);
  }
  std::vector<LinearConstraint> constraints;
  for (int i = 0; i < config.limits_size(); ++i) {
    RA_ASSIGN_OR_RETURN(
        LinearConstraint constraint,
        ConstraintOf(config.limits(i), parameters, field["limits"][i]));
    constraints.push_back(std::move(constraint));
  }
  auto space =
      SearchSpace::Create(std::move(parameters), std::move(constraints));
  if (!space) return field.In(space.error());
  return space;
}

v1::SpaceConfig ConfigOf(const SearchSpace& space) {
  v1::SpaceConfig config;
  for (const Parameter& parameter : space.parameters()) {
    v1::ParameterConfig& to = *config.add_parameters();
    to.set_name(parameter.name);
    if (parameter.labels.empty()) {
      to.mutable_choices()->Assign(parameter.choices.begin(),
                                   parameter.choices.end());
    } else {
      to.mutable_labels()->Assign(parameter.labels.begin(),
                                  parameter.labels.end());
    }
    for (const Descriptor& descriptor : parameter.descriptors) {
      v1::DescriptorConfig& added = *to.add_descriptors();
      added.set_name(descriptor.name);
      added.set_value(descriptor.value);
    }
  }
  return config;
}

}  // namespace rankadaptor::runners
