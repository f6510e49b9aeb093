#include "runners/store/postgres_trial.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "runners/store/trial_row.h"

namespace rankadaptor::runners {
namespace {

using nlohmann::json;

// A value inside a JSON parameter: text, which keeps every bit of a number.
json JsonOf(const PostgresValue& value) {
  return value.text() ? json(*value.text()) : json();
}

json PartsAsJson(const Trial& trial) {
  json parts = {{"metrics", json::array()},
                {"reports", json::array()},
                {"artifacts", json::array()}};
  for (const Metric& metric : trial.measurement.metrics) {
    parts["metrics"].push_back({JsonOf(metric.name), JsonOf(metric.value)});
  }
  for (const TrialReport& report : trial.reports) {
    parts["reports"].push_back(
        {JsonOf(report.fraction_done), JsonOf(report.value)});
  }
  for (const std::string& path : trial.artifacts) {
    parts["artifacts"].push_back(JsonOf(path));
  }
  return parts;
}

// Adds the rows of one table of parts to the trials they belong to.
template <typename Add>
Status ReadParts(PostgresConnection& connection,
                 const std::string& table,
                 const std::string& columns,
                 const std::string& condition,
                 const std::vector<PostgresValue>& values,
                 std::vector<Trial>& trials,
                 const Add& add) {
  RA_ASSIGN_OR_RETURN(
      const PostgresRows rows,
      connection.Query("SELECT part.trial, " + columns + " FROM rankadaptor." +
                           table +
                           " part JOIN (SELECT study, id FROM "
                           "rankadaptor.trials WHERE " +
                           condition +
                           ") wanted ON part.study = wanted.study AND "
                           "part.trial = wanted.id "
                           "ORDER BY part.trial, part.position",
                       values));
  auto trial = trials.begin();
  for (int i = 0; i < rows.size(); ++i) {
    const int64_t id = rows[i].Int(0);
    while (trial != trials.end() && trial->id < id) ++trial;
    // Stored after the trials were read.
    if (trial == trials.end() || trial->id != id) continue;
    add(*trial, rows[i]);
  }
  return {};
}

}  // namespace

std::vector<PostgresValue> PlanValues(const Trial& trial) {
  return {trial.id,
          static_cast<int>(trial.purpose),
          trial.label,
          FormatChoices(trial.configuration),
          static_cast<int64_t>(trial.seed),
          static_cast<int>(trial.split),
          trial.predicted,
          trial.fidelity,
          trial.deviation,
          trial.expected_improvement};
}

std::vector<PostgresValue> ResultValues(const Trial& trial) {
  return {static_cast<int>(trial.state),
          trial.measurement.objective,
          trial.reason,
          trial.duration_seconds,
          PartsAsJson(trial).dump()};
}

std::string PlansAsJson(std::span<const Trial> trials) {
  json plans = json::array();
  for (const Trial& trial : trials) {
    json& plan = plans.emplace_back(json::array());
    for (const PostgresValue& value : PlanValues(trial)) {
      plan.push_back(JsonOf(value));
    }
  }
  return plans.dump();
}

std::string StorePartsOfTrial() {
  auto insert = [](const std::string& table, const std::string& columns) {
    return "stored_" + table + " AS (INSERT INTO rankadaptor." + table +
           " SELECT study, id, place, " + columns +
           " FROM stored, json_array_elements($6::json->'" + table +
           "') WITH ORDINALITY AS parts (part, place)) ";
  };
  return insert("metrics", "part->>0, (part->>1)::float8") + ", " +
         insert("reports", "(part->>0)::float8, (part->>1)::float8") + ", " +
         insert("artifacts", "part#>>'{}'");
}

Result<std::vector<Trial>> ReadTrials(
    PostgresConnection& connection,
    int64_t study,
    const std::string& condition,
    const std::vector<PostgresValue>& values) {
  std::vector<PostgresValue> parameters = {study};
  parameters.insert(parameters.end(), values.begin(), values.end());
  RA_ASSIGN_OR_RETURN(
      const PostgresRows rows,
      connection.Query("SELECT " + std::string(kPlanColumns) + ", " +
                           kResultColumns + " FROM rankadaptor.trials WHERE " +
                           condition + " ORDER BY id",
                       parameters));
  std::vector<Trial> trials;
  for (int i = 0; i < rows.size(); ++i) {
    RA_ASSIGN_OR_RETURN(Trial trial, TrialInRow(rows[i]));
    trials.push_back(std::move(trial));
  }
  if (trials.empty()) return trials;
  RA_RETURN_IF_ERROR(ReadParts(
      connection,
      "metrics",
      "name, value",
      condition,
      parameters,
      trials,
      [](Trial& trial, const PostgresRow& row) {
        trial.measurement.metrics.push_back({row.Text(1), row.Double(2)});
      }));
  RA_RETURN_IF_ERROR(
      ReadParts(connection,
                "reports",
                "fraction_done, value",
                condition,
                parameters,
                trials,
                [](Trial& trial, const PostgresRow& row) {
                  trial.reports.push_back({row.Double(1), row.Double(2)});
                }));
  RA_RETURN_IF_ERROR(ReadParts(connection,
                               "artifacts",
                               "path",
                               condition,
                               parameters,
                               trials,
                               [](Trial& trial, const PostgresRow& row) {
                                 trial.artifacts.push_back(row.Text(1));
                               }));
  return trials;
}

}  // namespace rankadaptor::runners
