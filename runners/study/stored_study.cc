#include "runners/study/stored_study.h"

#include <cmath>
#include <ctime>
#include <functional>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

#include "runners/report/confirmed_rows.h"
#include "runners/store/study_location.h"
#include "runners/store/study_places.h"
#include "runners/study/stored_space.h"
#include "runners/study/study_files.h"

namespace rankadaptor::runners {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string TimeText(int64_t unix_microseconds) {
  const std::time_t seconds = unix_microseconds / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
  return text;
}

std::string Indented(const std::string& config) {
  const Json json = Json::parse(config, nullptr, false);
  if (json.is_discarded()) return config;
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

// What turns stored choices into what people know them by.
struct Meaning {
  std::vector<std::string> parameters;
  std::function<std::vector<double>(const Configuration&)> values;
  std::function<std::optional<int64_t>(const Configuration&)> cost;
  std::string cost_unit;
  Objective objective;
  // What evaluators report while a trial runs.
  Objective course = {.name = "value reported", .minimised = false};
};

std::optional<int64_t> NoCost(const Configuration& /*configuration*/) {
  return std::nullopt;
}

Meaning MeaningOf(const SearchSpace& space) {
  Meaning meaning;
  for (const Parameter& parameter : space.parameters()) {
    meaning.parameters.push_back(parameter.name);
  }
  meaning.values = [space](const Configuration& configuration) {
    return space.Values(configuration);
  };
  meaning.cost = NoCost;
  meaning.objective.name = "objective";
  return meaning;
}

Result<Meaning> MeaningOfStored(const StudyHeader& header) {
  RA_ASSIGN_OR_RETURN(const StoredSpace stored, ReadStoredSpace(header));
  Meaning meaning = MeaningOf(stored.space);
  meaning.objective = stored.objective;
  if (stored.plan == nullptr) return meaning;
  meaning.cost = [plan = stored.plan](const Configuration& configuration) {
    return plan->NumParameters(configuration);
  };
  meaning.cost_unit = stored.plan->cost_unit();
  return meaning;
}

// Choices by their places, for studies of which nothing else is left.
Meaning MeaningOfChoices(const std::vector<Trial>& trials) {
  Meaning meaning;
  meaning.objective.name = "objective";
  const size_t size =
      trials.empty() ? 0 : trials.front().configuration.choices.size();
  for (size_t i = 0; i < size; ++i) {
    meaning.parameters.push_back("parameter " + std::to_string(i));
  }
  meaning.values = [](const Configuration& configuration) {
    return std::vector<double>(configuration.choices.begin(),
                               configuration.choices.end());
  };
  meaning.cost = NoCost;
  return meaning;
}

// Reports are maximised, as objectives are. The last one of a trial is its
// objective.
std::vector<TrialReport> ShownCourseOf(const Trial& trial,
                                       const Objective& shown) {
  std::vector<TrialReport> course;
  for (const auto& [fraction_done, value] : trial.reports) {
    if (fraction_done < 1 && std::isfinite(value)) {
      course.push_back({fraction_done, shown.Shown(value)});
    }
  }
  return course;
}

// What the final report, where there is one, has beside the trials.
void AddFinalReport(const fs::path& file, StudyPage& page) {
  const auto text = ReadFile(file);
  const Json json = Json::parse(text.value_or(""), nullptr, false);
  if (!json.is_object()) return;
  try {
    page.stopped = json.at("summary").value("stop_sentence", "");
    std::vector<ReportRow> references;
    for (const Json& entry : json.at("rows")) {
      if (entry.contains("values")) continue;
      ReportRow& row = references.emplace_back();
      row.label = entry.at("label");
      row.objective.num_samples = 1;
      row.objective.mean = entry.at("objective").at("mean").get<double>();
      for (const auto& [name, value] : entry.at("metrics").items()) {
        row.metrics.push_back({name, value.get<double>()});
      }
    }
    const Json memory = json.value("memory_bytes", Json::object());
    for (const auto& [phase, bytes] : memory.items()) {
      page.memory[phase] = bytes.get<int64_t>();
    }
    page.rows.insert(page.rows.begin(), references.begin(), references.end());
  } catch (const Json::exception&) {
    page.notes.push_back(file.filename().string() +
                         " is not a report of this program's: references such "
                         "as the dense model are not shown.");
  }
}

}  // namespace

Result<StudyPage> ReadStudyPage(const std::string& place) {
  RA_ASSIGN_OR_RETURN(const std::unique_ptr<StudyStore> store,
                      OpenStudyToRead(place));
  const StudyHeader& header = store->header();
  RA_ASSIGN_OR_RETURN(std::vector<Trial> trials, store->LoadTrials());
  StudyPage page{.name = ShownPlace(place),
                 .evaluator = header.evaluator,
                 .seed = header.seed,
                 .created = TimeText(header.created_unix_microseconds),
                 .stopped = "",
                 .config = Indented(header.config)};
  auto meaning = MeaningOfStored(header);
  if (!meaning) {
    page.notes.push_back(
        "Values are shown as the places of choices, and "
        "without costs: " +
        meaning.error().message);
    meaning = MeaningOfChoices(trials);
  }
  page.objective = meaning->objective;
  page.cost_unit = meaning->cost_unit;
  page.parameters = meaning->parameters;
  page.course_name = meaning->course.name;
  page.rows = ConfirmedRows(trials, page.objective);
  for (Trial& trial : trials) {
    std::vector<double> values = meaning->values(trial.configuration);
    const std::optional<int64_t> cost = meaning->cost(trial.configuration);
    std::vector<TrialReport> course = ShownCourseOf(trial, meaning->course);
    page.trials.push_back(
        {std::move(trial), std::move(values), cost, std::move(course)});
  }
  RA_ASSIGN_OR_RETURN(const StudyFiles files,
                      StudyFilesAt(place, header.config_file));
  AddFinalReport(files.report_json, page);
  return page;
}

}  // namespace rankadaptor::runners
