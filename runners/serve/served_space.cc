#include "runners/serve/served_space.h"

#include <algorithm>
#include <string>

namespace rankadaptor::runners {
namespace {

using nlohmann::json;

Result<ParameterKind> ParseKind(const JsonField& parameter) {
  auto type = parameter.Optional("type");
  if (!type || type->value() == "ordinal") return ParameterKind::kOrdinal;
  if (type->value() == "categorical") return ParameterKind::kCategorical;
  return type->Wrong("is not \"ordinal\" or \"categorical\"");
}

Result<std::vector<double>> ParseNumbers(const JsonField& list) {
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> fields, list.List());
  std::vector<double> numbers;
  for (const JsonField& field : fields) {
    RA_ASSIGN_OR_RETURN(double number, field.FiniteNumber());
    numbers.push_back(number);
  }
  return numbers;
}

// Values that are not all numbers are names.
Result<Parameter> ParseCategorical(std::string name, const JsonField& values) {
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> fields, values.List());
  std::vector<std::string> labels;
  for (const JsonField& field : fields) {
    if (field.value().is_structured() || field.value().is_null()) {
      return field.Wrong("is not a string, number, true or false");
    }
    labels.push_back(
        field.value().dump(-1, ' ', false, json::error_handler_t::replace));
  }
  return CategoricalParameter(std::move(name), std::move(labels));
}

Result<Parameter> ParseParameter(const JsonField& field) {
  RA_RETURN_IF_ERROR(field.CheckFields({"name", "type", "values"}));
  RA_ASSIGN_OR_RETURN(JsonField name_field, field.Required("name"));
  RA_ASSIGN_OR_RETURN(std::string name, name_field.Text());
  RA_ASSIGN_OR_RETURN(JsonField values, field.Required("values"));
  RA_ASSIGN_OR_RETURN(ParameterKind kind, ParseKind(field));
  if (kind == ParameterKind::kCategorical) {
    return ParseCategorical(std::move(name), values);
  }
  RA_ASSIGN_OR_RETURN(std::vector<double> choices, ParseNumbers(values));
  return Parameter{.name = std::move(name), .choices = std::move(choices)};
}

Result<LinearConstraint> ParseConstraint(const JsonField& field) {
  RA_RETURN_IF_ERROR(field.CheckFields({"weights", "max"}));
  RA_ASSIGN_OR_RETURN(JsonField weights, field.Required("weights"));
  RA_ASSIGN_OR_RETURN(JsonField max, field.Required("max"));
  LinearConstraint constraint;
  RA_ASSIGN_OR_RETURN(constraint.limit, max.FiniteNumber());
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> lists, weights.List());
  for (const JsonField& list : lists) {
    RA_ASSIGN_OR_RETURN(std::vector<double> numbers, ParseNumbers(list));
    constraint.weights.push_back(std::move(numbers));
  }
  return constraint;
}

Result<std::vector<LinearConstraint>> ParseConstraints(
    const JsonField& create) {
  std::vector<LinearConstraint> constraints;
  auto field = create.Optional("constraints");
  if (!field) return constraints;
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> list, field->List());
  for (const JsonField& entry : list) {
    RA_ASSIGN_OR_RETURN(LinearConstraint constraint, ParseConstraint(entry));
    constraints.push_back(std::move(constraint));
  }
  return constraints;
}

}  // namespace

Result<ServedSpace> ServedSpace::Parse(const JsonField& create) {
  RA_ASSIGN_OR_RETURN(JsonField space_field, create.Required("space"));
  RA_RETURN_IF_ERROR(space_field.CheckFields({"parameters"}));
  RA_ASSIGN_OR_RETURN(JsonField list_field, space_field.Required("parameters"));
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> list, list_field.List());
  std::vector<Parameter> parameters;
  std::vector<std::vector<json>> values;
  for (const JsonField& entry : list) {
    RA_ASSIGN_OR_RETURN(Parameter parameter, ParseParameter(entry));
    parameters.push_back(std::move(parameter));
    values.push_back(entry.value()["values"].get<std::vector<json>>());
  }
  RA_ASSIGN_OR_RETURN(std::vector<LinearConstraint> constraints,
                      ParseConstraints(create));
  auto space =
      SearchSpace::Create(std::move(parameters), std::move(constraints));
  if (!space) return InContext("space", space.error());
  return ServedSpace(*std::move(space), std::move(values));
}

json ServedSpace::Values(const Configuration& configuration) const {
  json values = json::array();
  for (size_t i = 0; i < values_.size(); ++i) {
    values.push_back(values_[i][configuration.choices[i]]);
  }
  return values;
}

Result<Configuration> ServedSpace::FromValues(const JsonField& values) const {
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> fields, values.List());
  if (fields.size() != values_.size()) {
    return values.Wrong("has " + std::to_string(fields.size()) +
                        " values, the space has " +
                        std::to_string(values_.size()) + " parameters");
  }
  Configuration configuration;
  for (size_t i = 0; i < fields.size(); ++i) {
    auto found = std::ranges::find(values_[i], fields[i].value());
    if (found == values_[i].end()) {
      return fields[i].Wrong("is not a value of '" +
                             space_.parameter(static_cast<int>(i)).name +
                             "', " + ShortText(values_[i]));
    }
    configuration.choices.push_back(
        static_cast<int32_t>(found - values_[i].begin()));
  }
  return configuration;
}

}  // namespace rankadaptor::runners
