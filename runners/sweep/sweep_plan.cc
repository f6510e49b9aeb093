#include "runners/sweep/sweep_plan.h"

#include <cstdint>
#include <set>
#include <utility>

#include "runners/sweep/sweep_axes.h"

namespace rankadaptor::runners {
namespace {

constexpr int64_t kMaxStudies = 100'000;

Status CheckNumStudies(const std::vector<SweepAxis>& axes,
                       const ConfigField& root) {
  int64_t count = 1;
  for (const SweepAxis& axis : axes) {
    count *= std::ssize(axis.choices);
    if (count <= kMaxStudies) continue;
    return root["axes"].Invalid("have more than " +
                                std::to_string(kMaxStudies) +
                                " combinations; allowed: fewer");
  }
  return {};
}

// Letters that a file's name may have anywhere.
std::string FileNamePart(const std::string& text) {
  std::string part;
  for (char c : text) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                      c == '+' || c == '.';
    part += fits ? c : '-';
  }
  return part;
}

std::string StudyName(const std::vector<SweepAxis>& axes,
                      const std::vector<int>& choices) {
  std::string name;
  for (size_t i = 0; i < axes.size(); ++i) {
    name += (i > 0 ? "," : "") + FileNamePart(axes[i].name) + "=" +
            FileNamePart(axes[i].choices[choices[i]].name);
  }
  return name;
}

// The next combination, the last axis fastest; false after the last one.
bool Advance(const std::vector<SweepAxis>& axes, std::vector<int>& choices) {
  for (size_t i = axes.size(); i-- > 0;) {
    if (++choices[i] < static_cast<int>(axes[i].choices.size())) return true;
    choices[i] = 0;
  }
  return false;
}

bool Holds(const SweepCondition& condition, const std::vector<int>& choices) {
  for (const auto& [axis, choice] : condition) {
    if (choices[axis] != choice) return false;
  }
  return true;
}

SweepStudy MakeStudy(const SweepRules& rules,
                     const std::vector<SweepAxis>& axes,
                     const std::vector<int>& choices) {
  SweepStudy study{StudyName(axes, choices), choices, {}};
  auto add = [&study](const std::vector<Assignment>& set) {
    study.set.insert(study.set.end(), set.begin(), set.end());
  };
  for (size_t i = 0; i < axes.size(); ++i) {
    add(axes[i].choices[choices[i]].set);
  }
  for (const SweepRules::Override& override : rules.overrides) {
    if (Holds(override.when, choices)) add(override.set);
  }
  return study;
}

std::vector<SweepStudy> Expand(const SweepRules& rules,
                               const std::vector<SweepAxis>& axes) {
  std::vector<SweepStudy> studies;
  std::vector<int> choices(axes.size(), 0);
  do {
    bool excluded = false;
    for (const SweepCondition& condition : rules.exclude) {
      excluded = excluded || Holds(condition, choices);
    }
    if (!excluded) studies.push_back(MakeStudy(rules, axes, choices));
  } while (Advance(axes, choices));
  return studies;
}

// Names become names of files.
Status CheckNames(const std::vector<SweepStudy>& studies,
                  const ConfigField& root) {
  constexpr size_t kMaxLength = 200;
  std::set<std::string> names;
  for (const SweepStudy& study : studies) {
    if (study.name.size() > kMaxLength) {
      return root["axes"].Invalid("make the study name " + study.name +
                                  ", which is longer than " +
                                  std::to_string(kMaxLength) +
                                  " letters; give choices with shorter names");
    }
    if (names.insert(study.name).second) continue;
    return root["axes"].Invalid("make two studies that are both called " +
                                study.name +
                                "; give choices with names that differ in "
                                "letters and digits");
  }
  return {};
}

}  // namespace

Result<SweepPlan> ReadSweepPlan(const std::filesystem::path& file) {
  SweepPlan plan{.file = file};
  RA_ASSIGN_OR_RETURN(plan.text, ReadConfigText(file));
  RA_ASSIGN_OR_RETURN(ConfigSource source,
                      ReadConfig(plan.text, file.string(), {}, &plan.config));
  const ConfigField root(source);
  RA_ASSIGN_OR_RETURN(plan.axes, MakeAxes(plan.config, source));
  RA_RETURN_IF_ERROR(CheckNumStudies(plan.axes, root));
  RA_ASSIGN_OR_RETURN(SweepRules rules,
                      MakeRules(plan.config, source, plan.axes));
  plan.studies = Expand(rules, plan.axes);
  if (plan.studies.empty()) {
    return root["exclude"].Invalid("leaves no study");
  }
  RA_RETURN_IF_ERROR(CheckNames(plan.studies, root));
  return plan;
}

Result<ConfigSource> ReadStudyConfig(const SweepPlan& plan,
                                     const SweepStudy& study,
                                     v1::SearchConfig* config) {
  // The sweep's own revision is that of the base.
  std::vector<Assignment> set = {{plan.file.string(), "schema_revision", "1"}};
  set.insert(set.end(), study.set.begin(), study.set.end());
  return ReadConfigPart(plan.text, plan.file.string(), "base", set, config);
}

}  // namespace rankadaptor::runners
