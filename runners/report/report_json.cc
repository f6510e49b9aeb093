#include <nlohmann/json.hpp>

#include "runners/report/study_report.h"

namespace rankadaptor::runners {
namespace {

using Json = nlohmann::ordered_json;

Json Optional(std::optional<double> value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

// At kConfidenceLevel.
Json IntervalJson(const SampleStatistics& statistics) {
  if (!statistics.margin) return nullptr;
  return {*statistics.mean - *statistics.margin,
          *statistics.mean + *statistics.margin};
}

Json StatisticsJson(const SampleStatistics& statistics) {
  return {{"num_samples", statistics.num_samples},
          {"mean", Optional(statistics.mean)},
          {"standard_deviation", Optional(statistics.standard_deviation)},
          {"standard_error", Optional(statistics.standard_error)},
          {"confidence_interval", IntervalJson(statistics)}};
}

Json RowJson(const ReportRow& row, const SearchSpace& space) {
  Json json = {{"label", row.label},
               {"is_best", row.is_best},
               {"objective", StatisticsJson(row.objective)}};
  if (row.difference) json["difference"] = StatisticsJson(*row.difference);
  Json metrics = Json::object();
  for (const Metric& metric : row.metrics) metrics[metric.name] = metric.value;
  json["metrics"] = std::move(metrics);
  if (row.configuration) json["values"] = space.Values(*row.configuration);
  if (row.num_parameters) json["num_parameters"] = *row.num_parameters;
  if (row.seconds) json["seconds_per_trial"] = *row.seconds;
  return json;
}

Json SurrogateJson(const SurrogateQuality& quality) {
  return {{"num_predictions", quality.num_predictions},
          {"root_mean_square_error", Optional(quality.root_mean_square_error)},
          {"rank_correlation", Optional(quality.rank_correlation)},
          {"share_within_deviation", Optional(quality.share_within_deviation)},
          {"num_with_deviation", quality.num_with_deviation}};
}

Json ImportanceJson(const StudySummary& summary, const SearchSpace& space) {
  Json list = Json::array();
  for (const ParameterImportance& entry : summary.importance) {
    list.push_back({{"parameter", space.parameter(entry.parameter).name},
                    {"main", entry.main},
                    {"total", entry.total}});
  }
  return list;
}

Json BestObservedJson(const StudyReport& report, const SearchSpace& space) {
  const std::optional<Trial>& best = report.summary.best_observed;
  if (!best) return nullptr;
  return {{"trial", best->id},
          {"values", space.Values(best->configuration)},
          {"objective", report.objective.Shown(best->measurement.objective)}};
}

Json RecommendedJson(const StudyReport& report, const SearchSpace& space) {
  const auto& recommended = report.summary.recommended;
  if (!recommended) return nullptr;
  return {
      {"trial", recommended->trial_id},
      {"values", space.Values(recommended->configuration)},
      {"predicted", Optional(report.objective.Shown(recommended->predicted))},
      {"observed",
       Optional(report.objective.Shown(recommended->observed.mean))},
      {"num_observations", recommended->observed.num_samples}};
}

Json SummaryJson(const StudyReport& report, const SearchSpace& space) {
  const StudySummary& summary = report.summary;
  return {{"stop_reason", StopReasonName(summary.stop_reason)},
          {"stop_sentence", summary.stop_sentence},
          {"max_trials", summary.max_trials},
          {"num_initial_trials", summary.num_initial_trials},
          {"num_search_trials", summary.num_search_trials},
          {"search_cost", summary.search_cost},
          {"num_confirm_trials", summary.num_confirm_trials},
          {"num_failed_trials", summary.num_failed_trials},
          {"trial_seconds", summary.trial_seconds},
          {"surrogate", SurrogateJson(summary.surrogate)},
          {"best_observed", BestObservedJson(report, space)},
          {"recommended", RecommendedJson(report, space)},
          {"importance", ImportanceJson(summary, space)}};
}

Json ParameterNames(const SearchSpace& space) {
  Json names = Json::array();
  for (const Parameter& parameter : space.parameters()) {
    names.push_back(parameter.name);
  }
  return names;
}

}  // namespace

std::string ReportAsJson(const StudyReport& report, const SearchSpace& space) {
  Json json = {{"schema_revision", 1},
               {"title", report.title},
               {"evaluator", report.evaluator},
               {"seed", report.seed},
               {"confidence_level", kConfidenceLevel},
               {"objective",
                {{"name", report.objective.name},
                 {"minimised", report.objective.minimised}}},
               {"summary", SummaryJson(report, space)},
               {"wall_seconds", report.wall_seconds},
               {"memory_bytes", Json(report.memory)},
               {"preview",
                {{"num_configurations", report.num_previewed},
                 {"seconds", report.preview_seconds}}},
               {"parameters", ParameterNames(space)},
               {"rows", Json::array()},
               {"files", Json::object()}};
  for (const ReportRow& row : report.rows) {
    json["rows"].push_back(RowJson(row, space));
  }
  for (const auto& [what, where] : report.places) json["files"][what] = where;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace rankadaptor::runners
