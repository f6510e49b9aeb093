#include <algorithm>

#include <nlohmann/json.hpp>

#include "runners/report/html_report.h"

namespace rankadaptor::runners {

std::string CsvText(std::string text) {
  if (!text.empty() &&
      std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos) {
    text.insert(0, "'");
  }
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

namespace {

// With as many digits as it takes to get the same number back.
std::string Number(double value) { return nlohmann::json(value).dump(); }

std::string Number(std::optional<double> value) {
  return value ? Number(*value) : "";
}

void AddNew(const std::string& name, std::vector<std::string>& names) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

struct Columns {
  std::vector<std::string> metrics;
  std::vector<std::string> parameters;
};

Columns ColumnsOf(const std::vector<StudyPage>& pages) {
  Columns columns;
  for (const StudyPage& page : pages) {
    for (const std::string& name : page.parameters) {
      AddNew(name, columns.parameters);
    }
    for (const PageTrial& trial : page.trials) {
      for (const Metric& metric : trial.trial.measurement.metrics) {
        AddNew(metric.name, columns.metrics);
      }
    }
  }
  return columns;
}

std::string MetricCell(const Trial& trial, const std::string& name) {
  for (const Metric& metric : trial.measurement.metrics) {
    if (metric.name == name) return Number(metric.value);
  }
  return "";
}

std::string ParameterCell(const StudyPage& page,
                          const PageTrial& trial,
                          const std::string& name) {
  const auto found = std::ranges::find(page.parameters, name);
  if (found == page.parameters.end()) return "";
  return Number(trial.values[static_cast<size_t>(
      std::distance(page.parameters.begin(), found))]);
}

std::string Line(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    line += (i == 0 ? "" : ",") + cells[i];
  }
  return line + "\r\n";
}

std::string HeaderLine(const Columns& columns) {
  std::vector<std::string> cells = {"study",
                                    "trial",
                                    "purpose",
                                    "label",
                                    "state",
                                    "reason",
                                    "seed",
                                    "objective",
                                    "best_so_far",
                                    "predicted",
                                    "cost",
                                    "seconds"};
  for (const auto* names : {&columns.metrics, &columns.parameters}) {
    for (const std::string& name : *names) cells.push_back(CsvText(name));
  }
  return Line(cells);
}

// `best`: of the search so far, this trial included.
std::string TrialLine(const StudyPage& page,
                      const PageTrial& row,
                      std::optional<double> best,
                      const Columns& columns) {
  const Trial& trial = row.trial;
  const bool complete = trial.state == TrialState::kComplete;
  std::vector<std::string> cells = {
      CsvText(page.name),
      std::to_string(trial.id),
      TrialPurposeName(trial.purpose),
      CsvText(trial.label),
      TrialStateName(trial.state),
      CsvText(trial.reason),
      std::to_string(trial.seed),
      complete ? Number(ShownScore(page, row)) : "",
      Number(best),
      Number(page.objective.Shown(trial.predicted)),
      row.cost ? std::to_string(*row.cost) : "",
      Number(trial.duration_seconds)};
  for (const std::string& name : columns.metrics) {
    cells.push_back(complete ? MetricCell(trial, name) : "");
  }
  for (const std::string& name : columns.parameters) {
    cells.push_back(ParameterCell(page, row, name));
  }
  return Line(cells);
}

}  // namespace

std::string TrialsCsv(const std::vector<StudyPage>& pages) {
  const Columns columns = ColumnsOf(pages);
  std::string text = HeaderLine(columns);
  for (const StudyPage& page : pages) {
    std::optional<double> best;
    for (const PageTrial& trial : page.trials) {
      if (IsSearched(trial) &&
          (!best || IsBetter(page.objective, ShownScore(page, trial), *best))) {
        best = ShownScore(page, trial);
      }
      text += TrialLine(page, trial, best, columns);
    }
  }
  return text;
}

}  // namespace rankadaptor::runners
