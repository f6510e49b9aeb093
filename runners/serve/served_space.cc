#include "runners/serve/served_space.h"

#include <algorithm>
#include <functional>
#include <span>
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

Result<std::vector<Descriptor>> ParseDescriptors(const JsonField& parameter) {
  std::vector<Descriptor> descriptors;
  auto field = parameter.Optional("descriptors");
  if (!field) return descriptors;
  if (!field->value().is_object()) return field->Wrong("is not an object");
  for (const auto& [name, value] : field->value().items()) {
    RA_ASSIGN_OR_RETURN(
        double number,
        JsonField(value, field->path() + "." + name).FiniteNumber());
    descriptors.push_back({name, number});
  }
  return descriptors;
}

Result<Parameter> ParseWithoutDescriptors(const JsonField& field) {
  RA_RETURN_IF_ERROR(
      field.CheckFields({"name", "type", "values", "descriptors"}));
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

Result<Parameter> ParseParameter(const JsonField& field) {
  RA_ASSIGN_OR_RETURN(Parameter parameter, ParseWithoutDescriptors(field));
  RA_ASSIGN_OR_RETURN(parameter.descriptors, ParseDescriptors(field));
  return parameter;
}

// Parameters with their values as they were given.
struct ParsedParameters {
  std::vector<Parameter> parameters;
  std::vector<std::vector<json>> values;
};

Result<ParsedParameters> ParseList(const JsonField& field) {
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> list, field.List());
  ParsedParameters parsed;
  for (const JsonField& entry : list) {
    RA_ASSIGN_OR_RETURN(Parameter parameter, ParseParameter(entry));
    parsed.parameters.push_back(std::move(parameter));
    parsed.values.push_back(entry.value()["values"].get<std::vector<json>>());
  }
  return parsed;
}

Result<int> ParseParameterName(const JsonField& field,
                               const std::vector<Parameter>& parameters) {
  RA_ASSIGN_OR_RETURN(std::string name, field.Text());
  auto found = std::ranges::find(parameters, name, &Parameter::name);
  if (found == parameters.end()) return field.Wrong("is not a parameter");
  return static_cast<int>(found - parameters.begin());
}

// Lists in lists, one level for each parameter that is left.
Status ParseTableWeights(const JsonField& field,
                         std::span<const int> left,
                         const std::vector<Parameter>& parameters,
                         std::vector<double>& weights) {
  if (left.empty()) {
    RA_ASSIGN_OR_RETURN(weights.emplace_back(), field.FiniteNumber());
    return {};
  }
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> entries, field.List());
  const Parameter& parameter = parameters[left[0]];
  if (entries.size() != parameter.choices.size()) {
    return field.Wrong("has " + std::to_string(entries.size()) + " entries, '" +
                       parameter.name + "' has " +
                       std::to_string(parameter.choices.size()) + " values");
  }
  for (const JsonField& entry : entries) {
    RA_RETURN_IF_ERROR(
        ParseTableWeights(entry, left.subspan(1), parameters, weights));
  }
  return {};
}

Result<WeightTable> ParseTable(const JsonField& field,
                               const std::vector<Parameter>& parameters) {
  RA_RETURN_IF_ERROR(field.CheckFields({"parameters", "weights"}));
  RA_ASSIGN_OR_RETURN(JsonField names, field.Required("parameters"));
  RA_ASSIGN_OR_RETURN(JsonField weights, field.Required("weights"));
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> list, names.List());
  WeightTable table;
  for (const JsonField& name : list) {
    RA_ASSIGN_OR_RETURN(table.parameters.emplace_back(),
                        ParseParameterName(name, parameters));
  }
  if (std::ranges::adjacent_find(table.parameters, std::greater_equal<>()) !=
      table.parameters.end()) {
    return names.Wrong("is not in the order of the space's parameters");
  }
  RA_RETURN_IF_ERROR(
      ParseTableWeights(weights, table.parameters, parameters, table.weights));
  return table;
}

Result<LinearConstraint> ParseConstraint(
    const JsonField& field, const std::vector<Parameter>& parameters) {
  RA_RETURN_IF_ERROR(field.CheckFields({"weights", "tables", "max"}));
  auto weights = field.Optional("weights");
  auto tables = field.Optional("tables");
  if (!weights && !tables) return field.Wrong("has no weights and no tables");
  RA_ASSIGN_OR_RETURN(JsonField max, field.Required("max"));
  LinearConstraint constraint;
  RA_ASSIGN_OR_RETURN(constraint.limit, max.FiniteNumber());
  if (weights) {
    RA_ASSIGN_OR_RETURN(std::vector<JsonField> lists, weights->List());
    for (const JsonField& list : lists) {
      RA_ASSIGN_OR_RETURN(std::vector<double> numbers, ParseNumbers(list));
      constraint.weights.push_back(std::move(numbers));
    }
  }
  if (tables) {
    RA_ASSIGN_OR_RETURN(std::vector<JsonField> list, tables->List());
    for (const JsonField& entry : list) {
      RA_ASSIGN_OR_RETURN(WeightTable table, ParseTable(entry, parameters));
      constraint.tables.push_back(std::move(table));
    }
  }
  return constraint;
}

Result<std::vector<LinearConstraint>> ParseConstraints(
    const JsonField& create, const std::vector<Parameter>& parameters) {
  std::vector<LinearConstraint> constraints;
  auto field = create.Optional("constraints");
  if (!field) return constraints;
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> list, field->List());
  for (const JsonField& entry : list) {
    RA_ASSIGN_OR_RETURN(LinearConstraint constraint,
                        ParseConstraint(entry, parameters));
    constraints.push_back(std::move(constraint));
  }
  return constraints;
}

Result<std::vector<std::vector<int>>> ParseTied(
    const JsonField& space, const std::vector<Parameter>& parameters) {
  std::vector<std::vector<int>> groups;
  auto field = space.Optional("tied");
  if (!field) return groups;
  RA_ASSIGN_OR_RETURN(std::vector<JsonField> list, field->List());
  for (const JsonField& entry : list) {
    RA_ASSIGN_OR_RETURN(std::vector<JsonField> names, entry.List());
    std::vector<int>& group = groups.emplace_back();
    for (const JsonField& name : names) {
      RA_ASSIGN_OR_RETURN(int parameter, ParseParameterName(name, parameters));
      group.push_back(parameter);
    }
  }
  return groups;
}

}  // namespace

Result<ServedSpace> ServedSpace::Parse(const JsonField& create) {
  RA_ASSIGN_OR_RETURN(JsonField space_field, create.Required("space"));
  RA_RETURN_IF_ERROR(
      space_field.CheckFields({"parameters", "tied", "fidelities"}));
  RA_ASSIGN_OR_RETURN(JsonField list_field, space_field.Required("parameters"));
  RA_ASSIGN_OR_RETURN(ParsedParameters parsed, ParseList(list_field));
  RA_ASSIGN_OR_RETURN(std::vector<LinearConstraint> constraints,
                      ParseConstraints(create, parsed.parameters));
  RA_ASSIGN_OR_RETURN(std::vector<std::vector<int>> tied,
                      ParseTied(space_field, parsed.parameters));
  auto space = TiedSpace::Create(
      std::move(parsed.parameters), std::move(constraints), tied);
  if (!space) return InContext("space", space.error());
  return ServedSpace(*std::move(space), std::move(parsed.values));
}

Result<ServedSpace> ServedSpace::ParseParameters(const JsonField& list) {
  RA_ASSIGN_OR_RETURN(ParsedParameters parsed, ParseList(list));
  auto space = TiedSpace::Create(std::move(parsed.parameters), {}, {});
  if (!space) return InContext(list.path(), space.error());
  return ServedSpace(*std::move(space), std::move(parsed.values));
}

json ServedSpace::Values(const Configuration& configuration) const {
  json values = json::array();
  for (size_t i = 0; i < values_.size(); ++i) {
    values.push_back(values_[i][configuration.choices[space_.places()[i]]]);
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
  configuration.choices.assign(space().num_parameters(), -1);
  for (size_t i = 0; i < fields.size(); ++i) {
    const int place = space_.places()[i];
    const std::string& name = space().parameter(place).name;
    auto found = std::ranges::find(values_[i], fields[i].value());
    if (found == values_[i].end()) {
      return fields[i].Wrong("is not a value of '" + name + "', " +
                             ShortText(values_[i]));
    }
    const auto index = static_cast<int32_t>(found - values_[i].begin());
    int32_t& choice = configuration.choices[place];
    if (choice >= 0 && choice != index) {
      return fields[i].Wrong("differs from the value of '" + name +
                             "', to which it is tied");
    }
    choice = index;
  }
  return configuration;
}

}  // namespace rankadaptor::runners
