#include <algorithm>
#include <cmath>
#include <cstdio>

#include "runners/report/html_report.h"
#include "runners/report/html_sections.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

constexpr size_t kMaxColumns = 80;

size_t IndexOfBest(const StudyPage& page,
                   const std::vector<const PageTrial*>& trials) {
  size_t best = 0;
  for (size_t i = 1; i < trials.size(); ++i) {
    if (IsBetter(page.objective,
                 ShownScore(page, *trials[i]),
                 ShownScore(page, *trials[best]))) {
      best = i;
    }
  }
  return best;
}

// All trials, or so many evenly spread ones with the best among them.
std::vector<size_t> ChooseColumns(size_t num_trials, size_t best) {
  std::vector<size_t> columns;
  const size_t count = std::min(num_trials, kMaxColumns);
  for (size_t i = 0; i < count; ++i) {
    columns.push_back(i * num_trials / count);
  }
  const auto next = std::ranges::lower_bound(columns, best);
  if (next == columns.end() || *next != best) columns.insert(next, best);
  return columns;
}

std::string ValueText(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

struct Range {
  double low = 0;
  double high = 0;

  // 0 to 1.
  double Share(double value) const {
    return high > low ? (value - low) / (high - low) : 0.5;
  }
};

Range RangeOf(const std::vector<const PageTrial*>& trials) {
  Range range{trials[0]->values[0], trials[0]->values[0]};
  for (const PageTrial* trial : trials) {
    for (double value : trial->values) {
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  }
  return range;
}

// The shade is a hint; the number is what counts.
std::string Cell(double value, const Range& range) {
  char style[48];
  std::snprintf(style, sizeof style, "--share:%.2f", range.Share(value));
  return std::string("<td style=\"") + style + "\">" + ValueText(value) +
         "</td>";
}

}  // namespace

std::string HeatMap(const StudyPage& page) {
  const std::vector<const PageTrial*> trials = SearchTrials(page);
  const size_t best = IndexOfBest(page, trials);
  const std::vector<size_t> columns = ChooseColumns(trials.size(), best);
  const Range range = RangeOf(trials);
  std::string text = "<p>One column per trial of the search";
  if (columns.size() < trials.size()) {
    text += " (" + std::to_string(columns.size()) + " of " +
            std::to_string(trials.size()) + ", evenly spread)";
  }
  text += ", darker is higher; * is the best, trial " +
          std::to_string(trials[best]->trial.id) +
          ".</p>\n<div class=\"scroll\"><table class=\"heat\">\n<tr><th></th>";
  for (size_t column : columns) {
    text += "<th>" + std::to_string(trials[column]->trial.id) +
            (column == best ? "*" : "") + "</th>";
  }
  text += "</tr>\n";
  for (size_t p = 0; p < page.parameters.size(); ++p) {
    text += "<tr><th>" + EscapeHtml(page.parameters[p]) + "</th>";
    for (size_t column : columns) {
      text += Cell(trials[column]->values[p], range);
    }
    text += "</tr>\n";
  }
  text += "<tr><th>" + EscapeHtml(page.objective.name) + "</th>";
  for (size_t column : columns) {
    text += "<td>" + FormatScore(ShownScore(page, *trials[column])) + "</td>";
  }
  return text + "</tr>\n</table></div>\n";
}

}  // namespace rankadaptor::runners
