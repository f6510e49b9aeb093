#include "runners/sweep/sweep_axes.h"

#include <algorithm>
#include <set>
#include <string>

#include "runners/config/field_value.h"
#include "runners/config/suggestion.h"
#include "runners/config/yaml_text.h"

namespace rankadaptor::runners {
namespace {

constexpr char kSeedAxis[] = "seed";
constexpr char kTasksField[] = "evaluator.llama.scoring.tasks";

// "name=value" as the config reader makes it of a mapping's entry.
std::pair<std::string, std::string> SplitAssignment(const std::string& text) {
  const size_t equals = text.find('=');
  return {text.substr(0, equals), text.substr(equals + 1)};
}

template <typename Texts>
std::vector<Assignment> Assignments(const Texts& texts,
                                    const std::string& place) {
  std::vector<Assignment> assignments;
  for (const std::string& text : texts) {
    const auto [field, value] = SplitAssignment(text);
    assignments.push_back({place, field, value});
  }
  return assignments;
}

std::string ListOf(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + Shown(name);
  }
  return list;
}

std::vector<std::string> FieldsOf(const SweepAxis& axis) {
  std::set<std::string> fields;
  for (const SweepChoice& choice : axis.choices) {
    for (const Assignment& assignment : choice.set) {
      fields.insert(assignment.field);
    }
  }
  return {fields.begin(), fields.end()};
}

bool IsWithin(const std::string& field, const std::string& outer) {
  return field == outer || field.starts_with(outer + ".");
}

bool IsMethodField(const std::string& field) {
  for (const char* outer : {"search",
                            "confirmation",
                            "workers",
                            "evaluator.llama.recovery",
                            "evaluator.llama.ranks"}) {
    if (IsWithin(field, outer)) return true;
  }
  return false;
}

// The tasks of all choices, if they are lists and no task is in two.
bool TasksAreDisjoint(const SweepAxis& axis) {
  std::set<std::string> seen;
  for (const SweepChoice& choice : axis.choices) {
    const std::string& value = choice.set[0].value;
    if (value.size() < 2 || value.front() != '[') return false;
    std::string rest = value.substr(1, value.size() - 2);
    while (!rest.empty()) {
      const size_t comma = rest.find(", ");
      if (!seen.insert(rest.substr(0, comma)).second) return false;
      rest = comma == std::string::npos ? "" : rest.substr(comma + 2);
    }
  }
  return true;
}

AxisRole RoleOf(const SweepAxis& axis) {
  const std::vector<std::string> fields = FieldsOf(axis);
  if (fields == std::vector<std::string>{kTasksField} &&
      TasksAreDisjoint(axis)) {
    return AxisRole::kTasks;
  }
  return std::ranges::all_of(fields, IsMethodField) ? AxisRole::kMethod
                                                    : AxisRole::kSetting;
}

Result<SweepAxis> MakeAxis(const v1::SweepAxis& config,
                           const ConfigField& field,
                           const ConfigSource& source,
                           const std::string& path) {
  SweepAxis axis{.name = config.name()};
  const bool has_values = config.has_field() && config.values_size() > 0;
  if (config.has_field() != (config.values_size() > 0) ||
      has_values == (config.choices_size() > 0)) {
    return field.Invalid("needs field and values, or choices instead");
  }
  for (int i = 0; i < config.values_size(); ++i) {
    const std::string place =
        source.Find(path + ".values[" + std::to_string(i) + "]");
    axis.choices.push_back(
        {TextOfFlow(config.values(i)),
         {Assignment{place, config.field(), config.values(i)}}});
  }
  for (int i = 0; i < config.choices_size(); ++i) {
    const std::string place =
        source.Find(path + ".choices[" + std::to_string(i) + "].set");
    axis.choices.push_back({config.choices(i).name(),
                            Assignments(config.choices(i).set(), place)});
  }
  std::set<std::string> names;
  for (const SweepChoice& choice : axis.choices) {
    if (names.insert(choice.name).second) continue;
    return field.Invalid("has the choice " + Shown(choice.name) + " twice");
  }
  axis.role = RoleOf(axis);
  return axis;
}

SweepAxis MakeSeedAxis(const v1::SweepConfig& config,
                       const ConfigSource& source) {
  SweepAxis axis{.name = kSeedAxis, .role = AxisRole::kSeed};
  for (int i = 0; i < config.seeds_size(); ++i) {
    const std::string seed = std::to_string(config.seeds(i));
    const std::string place = source.Find("seeds[" + std::to_string(i) + "]");
    axis.choices.push_back({seed, {Assignment{place, "seed", seed}}});
  }
  return axis;
}

// Two axes that set one field would undo each other.
Status CheckFieldsApart(const std::vector<SweepAxis>& axes,
                        const ConfigField& root) {
  for (size_t i = 1; i < axes.size(); ++i) {
    for (const std::string& field : FieldsOf(axes[i])) {
      for (size_t j = 0; j < i; ++j) {
        for (const std::string& earlier : FieldsOf(axes[j])) {
          if (!IsWithin(earlier, field)) continue;
          return root["axes"].Invalid("named " + Shown(axes[j].name) + " and " +
                                      Shown(axes[i].name) + " both set " +
                                      earlier + "; allowed: one of them");
        }
      }
    }
  }
  return {};
}

Status CheckAxisNames(const std::vector<SweepAxis>& axes,
                      const ConfigField& root) {
  std::set<std::string> names;
  for (const SweepAxis& axis : axes) {
    if (names.insert(axis.name).second) continue;
    return root["axes"].Invalid("have the name " + Shown(axis.name) + " twice");
  }
  return {};
}

// The index of `name`, or what is allowed instead.
template <typename Named>
Result<int> IndexOf(const std::string& name,
                    const std::vector<Named>& items,
                    const std::string& what,
                    const ConfigField& field) {
  std::vector<std::string> names;
  for (const Named& item : items) {
    if (item.name == name) return static_cast<int>(names.size());
    names.push_back(item.name);
  }
  const auto close = ClosestName(name, names);
  return field.Invalid(
      "names " + what + " " + Shown(name) + ", which is none; " +
      (close ? "did you mean " + *close + "?" : "allowed: " + ListOf(names)));
}

template <typename Texts>
Result<SweepCondition> MakeCondition(const Texts& when,
                                     const ConfigField& field,
                                     const std::vector<SweepAxis>& axes) {
  SweepCondition condition;
  for (const std::string& text : when) {
    const auto [name, value] = SplitAssignment(text);
    RA_ASSIGN_OR_RETURN(int axis, IndexOf(name, axes, "the axis", field));
    RA_ASSIGN_OR_RETURN(
        int choice,
        IndexOf(TextOfFlow(value), axes[axis].choices, "the " + name, field));
    condition.emplace_back(axis, choice);
  }
  return condition;
}

}  // namespace

Result<std::vector<SweepAxis>> MakeAxes(const v1::SweepConfig& config,
                                        const ConfigSource& source) {
  const ConfigField root(source);
  std::vector<SweepAxis> axes;
  for (int i = 0; i < config.axes_size(); ++i) {
    RA_ASSIGN_OR_RETURN(SweepAxis axis,
                        MakeAxis(config.axes(i),
                                 root["axes"][i],
                                 source,
                                 "axes[" + std::to_string(i) + "]"));
    axes.push_back(std::move(axis));
  }
  if (config.seeds_size() > 0) axes.push_back(MakeSeedAxis(config, source));
  if (axes.empty()) {
    return root["base"].Invalid(
        "is not varied: the config needs axes or seeds");
  }
  RA_RETURN_IF_ERROR(CheckAxisNames(axes, root));
  RA_RETURN_IF_ERROR(CheckFieldsApart(axes, root));
  return axes;
}

Result<SweepRules> MakeRules(const v1::SweepConfig& config,
                             const ConfigSource& source,
                             const std::vector<SweepAxis>& axes) {
  const ConfigField root(source);
  SweepRules rules;
  for (int i = 0; i < config.exclude_size(); ++i) {
    RA_ASSIGN_OR_RETURN(
        SweepCondition when,
        MakeCondition(
            config.exclude(i).when(), root["exclude"][i]["when"], axes));
    rules.exclude.push_back(std::move(when));
  }
  for (int i = 0; i < config.overrides_size(); ++i) {
    const v1::SweepOverride& override = config.overrides(i);
    RA_ASSIGN_OR_RETURN(
        SweepCondition when,
        MakeCondition(override.when(), root["overrides"][i]["when"], axes));
    const std::string place =
        source.Find("overrides[" + std::to_string(i) + "].set");
    rules.overrides.push_back(
        {std::move(when), Assignments(override.set(), place)});
  }
  return rules;
}

}  // namespace rankadaptor::runners
