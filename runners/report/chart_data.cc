#include "runners/report/chart_data.h"

#include <algorithm>
#include <cmath>

namespace rankadaptor::runners {
namespace {

using Json = nlohmann::ordered_json;

Json Point(double x, double y) { return {{"x", x}, {"y", y}}; }

double Id(const PageTrial& trial) {
  return static_cast<double>(trial.trial.id);
}

// The best score after each trial of the search.
Json BestSoFar(const StudyPage& page) {
  Json points = Json::array();
  std::optional<double> best;
  for (const PageTrial* trial : SearchTrials(page)) {
    const double score = ShownScore(page, *trial);
    if (!best || IsBetter(page.objective, score, *best)) best = score;
    points.push_back(Point(Id(*trial), *best));
  }
  return points;
}

Json Observed(const StudyPage& page) {
  Json observed = Json::object();
  for (const PageTrial* trial : SearchTrials(page)) {
    observed[TrialPurposeName(trial->trial.purpose)].push_back(
        Point(Id(*trial), ShownScore(page, *trial)));
  }
  return observed;
}

void AddPredictions(const StudyPage& page, Json& data) {
  for (const PageTrial* trial : SearchTrials(page)) {
    if (!trial->trial.predicted) continue;
    const double expected = page.objective.Shown(*trial->trial.predicted);
    const double score = ShownScore(page, *trial);
    data["predicted"].push_back(Point(expected, score));
    data["error"].push_back(Point(Id(*trial), std::abs(expected - score)));
  }
}

void AddCosts(const StudyPage& page, Json& data) {
  for (const PageTrial* trial : SearchTrials(page)) {
    if (!trial->cost) continue;
    data["points"].push_back(
        Point(static_cast<double>(*trial->cost), ShownScore(page, *trial)));
  }
  for (const PageTrial* trial : ParetoFront(page)) {
    data["front"].push_back(
        Point(static_cast<double>(*trial->cost), ShownScore(page, *trial)));
  }
}

void AddCourses(const StudyPage& page, Json& data) {
  for (const ShownCourse& course : ShownCourses(page)) {
    Json points = Json::array();
    for (const TrialReport& point : course.trial->course) {
      points.push_back(Point(point.fraction_done, point.value));
    }
    data["course_name"] = page.course_name;
    data["courses"].push_back({{"label", course.label}, {"points", points}});
  }
}

void AddInfluence(const StudyPage& page, Json& data) {
  const std::vector<double> influence = Influence(page);
  for (size_t i = 0; i < influence.size(); ++i) {
    data["influence"].push_back(
        {{"name", page.parameters[i]}, {"value", influence[i]}});
  }
}

void AddTasks(const StudyPage& page, Json& data) {
  Json metrics = Json::object();
  Json labels = Json::array();
  for (const ReportRow& row : page.rows) {
    if (row.metrics.empty()) continue;
    labels.push_back(row.label);
    for (const Metric& metric : row.metrics) {
      metrics[metric.name].push_back(metric.value);
    }
  }
  if (labels.empty()) return;
  data["tasks"] = {{"rows", labels}, {"metrics", metrics}};
}

}  // namespace

std::vector<const PageTrial*> ParetoFront(const StudyPage& page) {
  std::vector<const PageTrial*> trials;
  for (const PageTrial* trial : SearchTrials(page)) {
    if (trial->cost) trials.push_back(trial);
  }
  std::ranges::stable_sort(trials, [&](const PageTrial* a, const PageTrial* b) {
    if (*a->cost != *b->cost) return *a->cost < *b->cost;
    return IsBetter(page.objective, ShownScore(page, *a), ShownScore(page, *b));
  });
  std::vector<const PageTrial*> front;
  for (const PageTrial* trial : trials) {
    if (front.empty() || IsBetter(page.objective,
                                  ShownScore(page, *trial),
                                  ShownScore(page, *front.back()))) {
      front.push_back(trial);
    }
  }
  return front;
}

std::vector<double> Influence(const StudyPage& page) {
  const std::vector<const PageTrial*> trials = SearchTrials(page);
  std::vector<double> scores;
  for (const PageTrial* trial : trials) {
    scores.push_back(trial->trial.measurement.objective);  // maximised
  }
  std::vector<double> influence;
  for (size_t i = 0; i < page.parameters.size(); ++i) {
    std::vector<double> values;
    for (const PageTrial* trial : trials) values.push_back(trial->values[i]);
    influence.push_back(RankCorrelation(values, scores).value_or(0));
  }
  return influence;
}

Json ChartData(const StudyPage& page) {
  Json data = {{"objective", page.objective.name},
               {"cost_unit", page.cost_unit},
               {"best", BestSoFar(page)},
               {"observed", Observed(page)}};
  AddPredictions(page, data);
  AddCosts(page, data);
  AddCourses(page, data);
  AddInfluence(page, data);
  AddTasks(page, data);
  return data;
}

std::string ScriptJson(const Json& json) {
  const std::string text =
      json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  for (char c : text) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace rankadaptor::runners
