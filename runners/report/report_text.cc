#include <algorithm>
#include <cstdio>
#include <functional>

#include "runners/report/bar_chart.h"
#include "runners/report/study_report.h"
#include "runners/report/table.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

// Parameters that the text names; Markdown and JSON have all.
constexpr size_t kMaxImportant = 6;

std::string FormatPercent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f %%", 100 * share);
  return text;
}

std::string CountText(std::optional<int64_t> count) {
  return count.has_value() ? FormatCount(*count) : "-";
}

std::string SecondsText(std::optional<double> seconds) {
  return seconds.has_value() ? FormatDuration(*seconds) : "-";
}

const ReportRow* BestRow(const StudyReport& report) {
  for (const ReportRow& row : report.rows) {
    if (row.is_best) return &row;
  }
  return nullptr;
}

// What the others are compared with: the first row of the space.
const ReportRow* BaselineRow(const StudyReport& report) {
  for (const ReportRow& row : report.rows) {
    if (row.configuration.has_value() && !row.difference.has_value()) {
      return &row;
    }
  }
  return nullptr;
}

std::vector<std::string> Header(const StudyReport& report) {
  const ReportRow* baseline = BaselineRow(report);
  return {"",
          report.objective.name,
          "sd",
          "seeds",
          baseline == nullptr ? "difference" : "vs " + baseline->label,
          "se",
          report.cost_unit.empty() ? "cost" : report.cost_unit,
          "time/trial"};
}

Table ResultTable(const StudyReport& report) {
  Table table(Header(report));
  for (const ReportRow& row : report.rows) {
    const SampleStatistics difference =
        row.difference.value_or(SampleStatistics{});
    table.AddRow({row.label + (row.is_best ? " *" : ""),
                  FormatScore(row.objective.mean),
                  FormatScore(row.objective.standard_deviation),
                  std::to_string(row.objective.num_samples),
                  FormatDifference(difference.mean),
                  FormatScore(difference.standard_error),
                  CountText(row.num_parameters),
                  SecondsText(row.seconds)});
  }
  return table;
}

// One column per metric; empty if there is none.
std::optional<Table> MetricTable(const StudyReport& report) {
  std::vector<std::string> header = {""};
  for (const ReportRow& row : report.rows) {
    if (row.metrics.size() < header.size()) continue;
    header = {""};
    for (const Metric& metric : row.metrics) header.push_back(metric.name);
  }
  if (header.size() == 1) return std::nullopt;
  Table table(header);
  for (const ReportRow& row : report.rows) {
    std::vector<std::string> cells = {row.label + (row.is_best ? " *" : "")};
    for (size_t i = 1; i < header.size(); ++i) {
      cells.push_back(i <= row.metrics.size()
                          ? FormatScore(row.metrics[i - 1].value)
                          : "-");
    }
    table.AddRow(std::move(cells));
  }
  return table;
}

// " (95 % confidence: -0.0010 to +0.0050)"; empty for one measurement.
std::string Confidence(const SampleStatistics& difference) {
  if (!difference.margin) return "";
  char level[32];
  std::snprintf(level, sizeof level, "%.0f", 100 * kConfidenceLevel);
  return std::string(" (") + level + " % confidence: " +
         FormatDifference(*difference.mean - *difference.margin) + " to " +
         FormatDifference(*difference.mean + *difference.margin) + ")";
}

// Whether the search was worth it, in one sentence.
std::string Verdict(const StudyReport& report) {
  const ReportRow* best = BestRow(report);
  const ReportRow* baseline = BaselineRow(report);
  if (best == nullptr) return "No finalist could be measured.";
  if (baseline == nullptr || !best->difference.has_value() ||
      !best->difference->mean.has_value()) {
    return "* " + best->label + " is the best finalist.";
  }
  const SampleStatistics& difference = *best->difference;
  std::string text = "* " + best->label + ": " +
                     FormatDifference(difference.mean) + " against " +
                     baseline->label + ", paired over " +
                     std::to_string(difference.num_samples) + " seeds";
  return text + Confidence(difference) + ".";
}

std::string PreviewText(const StudyReport& report) {
  if (report.num_previewed == 0) return "";
  return ", before them a cheap look at " + FormatCount(report.num_previewed) +
         " configurations in " + FormatDuration(report.preview_seconds);
}

std::string Story(const StudyReport& report) {
  const StudySummary& summary = report.summary;
  return std::to_string(summary.num_initial_trials) + " initial, " +
         std::to_string(summary.num_search_trials) + " search and " +
         std::to_string(summary.num_confirm_trials) +
         " confirmation trials in " + FormatDuration(summary.trial_seconds) +
         " of evaluation (" + std::to_string(summary.num_failed_trials) +
         " failed)" + PreviewText(report) + ". " + summary.stop_sentence +
         " Objective: " + report.objective.name +
         (report.objective.minimised ? ", lower is better."
                                     : ", higher is better.");
}

// How good the predictions were, in one line; empty if there were none.
std::string Predictions(const StudyReport& report) {
  const SurrogateQuality& quality = report.summary.surrogate;
  if (quality.num_predictions == 0) return "";
  std::string text =
      "Predictions of " + std::to_string(quality.num_predictions) +
      " search trials before they were measured: root mean square error " +
      FormatScore(quality.root_mean_square_error) + ", rank correlation " +
      FormatScore(quality.rank_correlation);
  if (quality.share_within_deviation) {
    text += ", " + FormatScore(quality.share_within_deviation) + " of " +
            std::to_string(quality.num_with_deviation) +
            " within one predicted deviation";
  }
  return text + ".\n";
}

// The best measurement beside what all measurements together say.
std::string SearchedText(const StudyReport& report) {
  const StudySummary& summary = report.summary;
  if (!summary.best_observed || !summary.recommended) return "";
  const RecommendedConfiguration& recommended = *summary.recommended;
  const Objective& objective = report.objective;
  std::string text =
      "Best of the search by one measurement: trial " +
      std::to_string(summary.best_observed->id) + ", " +
      FormatScore(
          objective.Shown(summary.best_observed->measurement.objective)) +
      "; by all of them: trial " + std::to_string(recommended.trial_id);
  if (recommended.predicted) {
    text += ", of which " +
            FormatScore(objective.Shown(*recommended.predicted)) +
            " is expected";
  }
  return text + ".\n";
}

// The parameters that explain most, the first of equal ones first.
std::vector<ParameterImportance> MostImportant(const StudySummary& summary,
                                               size_t count) {
  std::vector<ParameterImportance> sorted = summary.importance;
  std::ranges::stable_sort(
      sorted, std::greater<>(), &ParameterImportance::total);
  if (sorted.size() > count) sorted.resize(count);
  return sorted;
}

// One line; empty without a model.
std::string ImportanceText(const StudyReport& report,
                           const SearchSpace& space) {
  std::string text;
  for (const ParameterImportance& entry :
       MostImportant(report.summary, kMaxImportant)) {
    text += (text.empty() ? "" : ", ") + space.parameter(entry.parameter).name +
            " " + FormatPercent(entry.total);
  }
  if (text.empty()) return "";
  return "What matters most, as a share of the predicted variance, "
         "interactions "
         "included: " +
         text + ".\n";
}

std::string ImportanceMarkdown(const StudyReport& report,
                               const SearchSpace& space) {
  if (report.summary.importance.empty()) return "";
  Table table({"parameter", "by itself", "with interactions"});
  for (const ParameterImportance& entry :
       MostImportant(report.summary, report.summary.importance.size())) {
    table.AddRow({space.parameter(entry.parameter).name,
                  FormatPercent(entry.main),
                  FormatPercent(entry.total)});
  }
  return "\n## What matters\n\nShares of the variance of what the model "
         "predicts over the space.\n\n" +
         table.Markdown();
}

std::string ValuesText(const std::vector<double>& values) {
  std::string text = "values:";
  for (double value : values) {
    char number[32];
    std::snprintf(number, sizeof number, " %.10g", value);
    text += number;
  }
  return text + "\n";
}

std::string BestChart(const StudyReport& report, const SearchSpace& space) {
  const ReportRow* best = BestRow(report);
  if (best == nullptr) return "";
  return BarChart(space, *best->configuration) +
         ValuesText(space.Values(*best->configuration));
}

}  // namespace

std::string ReportAsText(const StudyReport& report, const SearchSpace& space) {
  std::string text = report.title + "\n" + Story(report) + "\n\n" +
                     ResultTable(report).Text() + "\n" + Verdict(report) +
                     "\n" + SearchedText(report) + Predictions(report) +
                     ImportanceText(report, space);
  const std::string chart = BestChart(report, space);
  if (!chart.empty()) text += "\n" + chart;
  text += "\n";
  for (const auto& [what, where] : report.places) {
    text += what + ": " + where + "\n";
  }
  return text;
}

std::string ReportAsMarkdown(const StudyReport& report,
                             const SearchSpace& space) {
  std::string text = "# " + report.title + "\n\nEvaluator " + report.evaluator +
                     ", seed " + std::to_string(report.seed) + ". " +
                     Story(report) + "\n\n" + ResultTable(report).Markdown() +
                     "\n" + Verdict(report) + "\n";
  for (const std::string& paragraph :
       {SearchedText(report), Predictions(report)}) {
    if (!paragraph.empty()) text += "\n" + paragraph;
  }
  if (std::optional<Table> metrics = MetricTable(report)) {
    text += "\n## Metrics\n\n" + metrics->Markdown();
  }
  text += ImportanceMarkdown(report, space);
  const std::string chart = BestChart(report, space);
  if (!chart.empty()) text += "\n## Values found\n\n```\n" + chart + "```\n";
  if (report.places.empty()) return text;
  text += "\n## Files\n\n";
  for (const auto& [what, where] : report.places) {
    text += "- " + what + ": `" + where + "`\n";
  }
  return text;
}

}  // namespace rankadaptor::runners
