#include "runners/study/study_json.h"

#include <nlohmann/json.hpp>

namespace rankadaptor::runners {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json ResultAsJson(const Trial& trial) {
  Json metrics = Json::object();
  for (const Metric& metric : trial.measurement.metrics) {
    metrics[metric.name] = metric.value;
  }
  Json reports = Json::array();
  for (const TrialReport& report : trial.reports) {
    reports.push_back({report.fraction_done, report.value});
  }
  const bool complete = trial.state == TrialState::kComplete;
  return {{"state", TrialStateName(trial.state)},
          {"reason", trial.reason},
          {"objective", complete ? Json(trial.measurement.objective) : Json()},
          {"metrics", std::move(metrics)},
          {"reports", std::move(reports)},
          {"artifacts", trial.artifacts},
          {"duration_seconds", trial.duration_seconds}};
}

Json TrialAsJson(const PageTrial& entry) {
  const Trial& trial = entry.trial;
  Json json = {
      {"id", trial.id},
      {"purpose", TrialPurposeName(trial.purpose)},
      {"label", trial.label},
      {"choices", trial.configuration.choices},
      {"values", entry.values},
      {"cost", OrNull(entry.cost)},
      {"seed", trial.seed},
      {"split", trial.split == ItemSplit::kSearch ? "search" : "confirm"},
      {"fidelity", trial.fidelity},
      {"predicted", OrNull(trial.predicted)},
      {"deviation", OrNull(trial.deviation)},
      {"expected_improvement", OrNull(trial.expected_improvement)}};
  json.update(ResultAsJson(trial));
  return json;
}

}  // namespace

std::string StudyAsJson(const StudyPage& page) {
  Json config = Json::parse(page.config, nullptr, false);
  if (config.is_discarded()) config = page.config;
  Json trials = Json::array();
  for (const PageTrial& trial : page.trials) {
    trials.push_back(TrialAsJson(trial));
  }
  const Json json = {{"study", page.name},
                     {"evaluator", page.evaluator},
                     {"seed", page.seed},
                     {"created", page.created},
                     {"parameters", page.parameters},
                     {"objective", page.objective.name},
                     {"cost_unit", page.cost_unit},
                     {"config", std::move(config)},
                     {"trials", std::move(trials)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace rankadaptor::runners
