#include "runners/report/html_sections.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "rankadaptor/common/version.h"

#include "runners/report/chart_data.h"
#include "runners/report/html_elements.h"
#include "runners/report/html_report.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

constexpr size_t kMaxFailures = 200;

// --- What was searched, what came out ---------------------------------------

std::string CountsText(const StudyPage& page) {
  std::map<TrialState, int> states;
  for (const PageTrial& trial : page.trials) ++states[trial.trial.state];
  std::string text = std::to_string(page.trials.size()) + " trials";
  for (const auto& [state, count] : states) {
    if (state == TrialState::kComplete) continue;
    text += ", " + std::to_string(count) + " " + TrialStateName(state);
  }
  return text;
}

std::string Searched(const StudyPage& page, size_t index) {
  std::string body = HtmlTable(
      {{"", ""},
       {"evaluator", page.evaluator},
       {"objective",
        page.objective.name + (page.objective.minimised
                                   ? ", lower is better"
                                   : ", higher is better")},
       {"space", std::to_string(page.parameters.size()) + " parameters"},
       {"done", CountsText(page)},
       {"ended", page.stopped.empty() ? "not yet" : page.stopped},
       {"seed", std::to_string(page.seed)},
       {"begun", page.created}});
  for (const std::string& note : page.notes) {
    body += "<p class=\"note\">" + EscapeHtml(note) + "</p>\n";
  }
  return HtmlPanel(
      "s" + std::to_string(index) + "-searched", "What was searched", body);
}

const PageTrial* BestTrial(const StudyPage& page) {
  const PageTrial* best = nullptr;
  for (const PageTrial* trial : SearchTrials(page)) {
    if (best == nullptr || IsBetter(page.objective,
                                    ShownScore(page, *trial),
                                    ShownScore(page, *best))) {
      best = trial;
    }
  }
  return best;
}

const ReportRow* BestRow(const StudyPage& page) {
  const auto best = std::ranges::find_if(page.rows, &ReportRow::is_best);
  return best == page.rows.end() ? nullptr : &*best;
}

// What differences are to: the first row of the space.
const ReportRow* BaselineRow(const StudyPage& page) {
  const auto baseline =
      std::ranges::find_if(page.rows, [](const ReportRow& row) {
        return row.configuration && !row.difference;
      });
  return baseline == page.rows.end() ? nullptr : &*baseline;
}

std::string WithError(const SampleStatistics& statistics, bool sign) {
  std::string text =
      sign ? FormatDifference(statistics.mean) : FormatScore(statistics.mean);
  if (statistics.standard_error) {
    text += " \xc2\xb1 " + FormatScore(statistics.standard_error);
  }
  return text;
}

std::string Verdict(const StudyPage& page) {
  const ReportRow* best = BestRow(page);
  if (best == nullptr) {
    const PageTrial* trial = BestTrial(page);
    if (trial == nullptr) return "No trial has completed.";
    return "Nothing is confirmed yet. The best single measurement, which is "
           "optimistic because it was chosen among many, is " +
           FormatScore(ShownScore(page, *trial)) + " of trial " +
           std::to_string(trial->trial.id) + ".";
  }
  std::string text = best->label + ": " + page.objective.name + " " +
                     WithError(best->objective, false) + " over " +
                     std::to_string(best->objective.num_samples) + " seeds";
  if (!best->difference || !best->difference->mean) return text + ".";
  const SampleStatistics& difference = *best->difference;
  const ReportRow* baseline = BaselineRow(page);
  text += ", " + WithError(difference, true) + " against " +
          (baseline == nullptr ? "the baseline" : baseline->label) +
          " with the same seeds";
  if (!difference.standard_error || *difference.standard_error == 0) {
    return text + ".";
  }
  char times[32];
  std::snprintf(times,
                sizeof times,
                "%.1f",
                std::abs(*difference.mean / *difference.standard_error));
  return text + " (" + times + " standard errors).";
}

std::string Result(const StudyPage& page, size_t index) {
  std::string body = HtmlParagraph(Verdict(page));
  if (!page.rows.empty()) {
    const ReportRow* baseline = BaselineRow(page);
    std::vector<std::vector<std::string>> rows = {
        {"",
         page.objective.name,
         "seeds",
         baseline == nullptr ? "difference" : "against " + baseline->label,
         "time a trial"}};
    std::optional<size_t> best;
    for (const ReportRow& row : page.rows) {
      if (row.is_best) best = rows.size();
      rows.push_back({row.label + (row.is_best ? " *" : ""),
                      WithError(row.objective, false),
                      std::to_string(row.objective.num_samples),
                      row.difference ? WithError(*row.difference, true) : "-",
                      row.seconds ? FormatDuration(*row.seconds) : "-"});
    }
    body += HtmlTable(rows, best) +
            HtmlParagraph(
                "Mean \xc2\xb1 standard error over seeds that did not "
                "drive the search; differences are paired by seed. "
                "* the finalist to use.");
  }
  return HtmlPanel("s" + std::to_string(index) + "-result", "Result", body);
}

// --- How the search went -----------------------------------------------------

std::string BestSoFarPanel(const StudyPage& page, size_t index) {
  const PageTrial* best = BestTrial(page);
  if (best == nullptr) return "";
  const std::string text =
      "Best of the search: " + FormatScore(ShownScore(page, *best)) +
      " in trial " + std::to_string(best->trial.id) + ", of " +
      std::to_string(SearchTrials(page).size()) + " trials.";
  return HtmlPanel("s" + std::to_string(index) + "-best",
                   "Best so far",
                   HtmlParagraph(text) + HtmlChart(index, "best", text));
}

std::string PredictionPanel(const StudyPage& page, size_t index) {
  std::vector<double> expected;
  std::vector<double> observed;
  for (const PageTrial* trial : SearchTrials(page)) {
    if (!trial->trial.predicted) continue;
    expected.push_back(page.objective.Shown(*trial->trial.predicted));
    observed.push_back(ShownScore(page, *trial));
  }
  if (expected.empty()) return "";
  double error = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    error += std::abs(expected[i] - observed[i]);
  }
  const std::string text =
      std::to_string(expected.size()) +
      " trials were predicted before they were measured; mean |predicted - "
      "observed| " +
      FormatScore(error / static_cast<double>(expected.size())) +
      ", rank correlation " + FormatScore(RankCorrelation(expected, observed)) +
      ".";
  return HtmlPanel("s" + std::to_string(index) + "-predicted",
                   "Predicted and observed",
                   HtmlParagraph(text) + "<div class=\"pair\">" +
                       HtmlChart(index, "predicted", text) +
                       HtmlChart(index, "error", text) + "</div>\n");
}

std::string HeatMapPanel(const StudyPage& page, size_t index) {
  if (page.parameters.empty() || SearchTrials(page).empty()) return "";
  return HtmlPanel("s" + std::to_string(index) + "-values",
                   "Values by trial",
                   HeatMap(page));
}

std::string InfluencePanel(const StudyPage& page, size_t index) {
  if (page.parameters.empty() || SearchTrials(page).size() < 3) return "";
  const std::vector<double> influence = Influence(page);
  std::vector<std::vector<std::string>> rows = {
      {"parameter", "rank correlation"}};
  for (size_t i = 0; i < influence.size(); ++i) {
    rows.push_back({page.parameters[i], FormatDifference(influence[i])});
  }
  const std::string text =
      "Spearman's correlation of each parameter's value with the score over "
      "the trials of the search: above 0, higher values scored better. With " +
      std::to_string(SearchTrials(page).size()) +
      " trials, chance alone gives about \xc2\xb1" +
      FormatScore(
          1 / std::sqrt(static_cast<double>(SearchTrials(page).size() - 1))) +
      "; trials of a search are no random sample.";
  return HtmlPanel("s" + std::to_string(index) + "-influence",
                   "What moved the score",
                   HtmlParagraph(text) + HtmlChart(index, "influence", text) +
                       "<details><summary>as a table</summary>" +
                       HtmlTable(rows) + "</details>\n");
}

std::string ParetoPanel(const StudyPage& page, size_t index) {
  const std::vector<const PageTrial*> front = ParetoFront(page);
  if (front.empty()) return "";
  std::vector<std::vector<std::string>> rows = {
      {"trial", page.cost_unit, page.objective.name}};
  for (const PageTrial* trial : front) {
    rows.push_back({std::to_string(trial->trial.id),
                    FormatCount(*trial->cost),
                    FormatScore(ShownScore(page, *trial))});
  }
  const std::string text = "Single measurements of the search against " +
                           page.cost_unit + ". Nothing cheaper beats the " +
                           std::to_string(front.size()) +
                           " trials of the front.";
  return HtmlPanel("s" + std::to_string(index) + "-pareto",
                   "Score and cost",
                   HtmlParagraph(text) + HtmlChart(index, "pareto", text) +
                       "<details><summary>the front as a table</summary>" +
                       HtmlTable(rows) + "</details>\n");
}

std::string TaskPanel(const StudyPage& page, size_t index) {
  std::vector<std::vector<std::string>> rows = {{""}};
  for (const ReportRow& row : page.rows) {
    if (row.metrics.empty()) continue;
    if (rows[0].size() == 1) {
      for (const Metric& metric : row.metrics) rows[0].push_back(metric.name);
    }
    rows.push_back({row.label + (row.is_best ? " *" : "")});
    for (const Metric& metric : row.metrics) {
      rows.back().push_back(FormatScore(metric.value));
    }
  }
  if (rows.size() == 1) return "";
  return HtmlPanel(
      "s" + std::to_string(index) + "-tasks",
      "Scores by task",
      HtmlChart(index, "tasks", "The table below as bars.") + HtmlTable(rows));
}

// --- What it took, what failed, how to do it again ---------------------------

// "" if unknown.
std::string Memory(const PhaseMemory& memory, const std::string& phase) {
  const auto found = memory.find(phase);
  if (found == memory.end()) return "";
  return FormatCount(found->second / 1'000'000) + " MB";
}

std::string TimePanel(const StudyPage& page, size_t index) {
  struct Total {
    int count = 0;
    double seconds = 0;
  };
  std::map<TrialPurpose, Total> totals;
  for (const PageTrial& trial : page.trials) {
    Total& total = totals[trial.trial.purpose];
    ++total.count;
    total.seconds += trial.trial.duration_seconds;
  }
  std::vector<std::vector<std::string>> rows = {
      {"trials", "number", "time", "mean", "most memory"}};
  if (page.memory.contains(kSetupPhase)) {
    rows.push_back(
        {"before the first", "", "", "", Memory(page.memory, kSetupPhase)});
  }
  for (const auto& [purpose, total] : totals) {
    rows.push_back({TrialPurposeName(purpose),
                    std::to_string(total.count),
                    FormatDuration(total.seconds),
                    FormatDuration(total.seconds / total.count),
                    Memory(page.memory, TrialPurposeName(purpose))});
  }
  return HtmlPanel("s" + std::to_string(index) + "-time",
                   "Time and memory",
                   HtmlTable(rows));
}

std::string FailurePanel(const StudyPage& page, size_t index) {
  std::vector<std::vector<std::string>> rows = {{"trial", "state", "reason"}};
  size_t num_failures = 0;
  for (const PageTrial& trial : page.trials) {
    if (trial.trial.state == TrialState::kComplete) continue;
    if (++num_failures > kMaxFailures) continue;
    rows.push_back({std::to_string(trial.trial.id),
                    TrialStateName(trial.trial.state),
                    trial.trial.reason});
  }
  std::string body =
      num_failures == 0 ? HtmlParagraph("No trial failed.") : HtmlTable(rows);
  if (num_failures > kMaxFailures) {
    body += HtmlParagraph("The first " + std::to_string(kMaxFailures) + " of " +
                          std::to_string(num_failures) +
                          "; the CSV file has all of them.");
  }
  return HtmlPanel("s" + std::to_string(index) + "-failures", "Failures", body);
}

std::string ReproductionPanel(const StudyPage& page, size_t index) {
  return HtmlPanel(
      "s" + std::to_string(index) + "-again",
      "To do it again",
      HtmlParagraph("RankAdaptor " + std::string(kVersion) + ", evaluator " +
                    page.evaluator + ", seed " + std::to_string(page.seed) +
                    ". Save the configuration as a file and run: rankadaptor "
                    "search FILE") +
          "<pre>" + EscapeHtml(page.config) + "</pre>\n");
}

}  // namespace

std::string StudySections(const StudyPage& page, size_t index) {
  return "<article id=\"s" + std::to_string(index) + "\">\n<h2>" +
         EscapeHtml(page.name) + "</h2>\n" + Searched(page, index) +
         Result(page, index) + BestSoFarPanel(page, index) +
         PredictionPanel(page, index) + CoursePanel(page, index) +
         HeatMapPanel(page, index) + InfluencePanel(page, index) +
         ParetoPanel(page, index) + TaskPanel(page, index) +
         TimePanel(page, index) + FailurePanel(page, index) +
         ReproductionPanel(page, index) + "</article>\n";
}

std::string ComparisonSection(const std::vector<StudyPage>& pages) {
  std::vector<std::vector<std::string>> rows = {{"study",
                                                 "evaluator",
                                                 "seed",
                                                 "trials",
                                                 "objective",
                                                 "best, confirmed",
                                                 "difference"}};
  for (const StudyPage& page : pages) {
    const ReportRow* best = BestRow(page);
    rows.push_back({page.name,
                    page.evaluator,
                    std::to_string(page.seed),
                    std::to_string(page.trials.size()),
                    page.objective.name,
                    best == nullptr ? "-" : WithError(best->objective, false),
                    best != nullptr && best->difference
                        ? WithError(*best->difference, true)
                        : "-"});
  }
  const std::string text =
      "Best single measurement of the search so far, by the number of trials.";
  return HtmlPanel(
      "comparison",
      "Comparison",
      HtmlTable(rows) + HtmlParagraph(text) + HtmlChart(0, "comparison", text));
}

}  // namespace rankadaptor::runners
