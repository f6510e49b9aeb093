#include "runners/study/study_overview.h"

#include <algorithm>
#include <map>
#include <memory>

#include "runners/report/table.h"
#include "runners/store/study_places.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

std::vector<std::string> RowOf(const std::string& place) {
  const std::string name = StudyName(place).value_or(place);
  auto store = OpenStudyToRead(place);
  if (!store) return {name, "", "", store.error().message};
  auto order = (*store)->LoadAppendOrder();
  auto asked = (*store)->LoadAsked();
  if (!order || !asked) {
    return {name, "", "", (order ? asked.error() : order.error()).message};
  }
  return {name,
          std::to_string(order->size()),
          std::to_string(asked->size()),
          (*store)->header().evaluator};
}

// "36 complete, 4 failed".
std::string CountsOf(const StudyPage& page) {
  std::map<TrialState, int> counts;
  for (const PageTrial& trial : page.trials) ++counts[trial.trial.state];
  std::string text;
  for (const auto& [state, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " +
            TrialStateName(state);
  }
  return text.empty() ? "none" : text;
}

const PageTrial* BestOf(const StudyPage& page) {
  const PageTrial* best = nullptr;
  for (const PageTrial* trial : SearchTrials(page)) {
    if (trial->trial.fidelity < 1) continue;
    if (best == nullptr || IsBetter(page.objective,
                                    ShownScore(page, *trial),
                                    ShownScore(page, *best))) {
      best = trial;
    }
  }
  return best;
}

std::string Line(const std::string& what, const std::string& how) {
  return what + ": " + how + "\n";
}

}  // namespace

std::string StudiesAsText(const std::vector<std::string>& places) {
  Table table({"study", "trials", "open", "evaluator"});
  for (const std::string& place : places) table.AddRow(RowOf(place));
  return table.Text();
}

std::string OverviewAsText(const StudyPage& page) {
  std::string text =
      Line("study", page.name) + Line("evaluator", page.evaluator) +
      Line("seed", std::to_string(page.seed)) + Line("made", page.created) +
      Line("objective", page.objective.name) + Line("trials", CountsOf(page));
  if (const PageTrial* best = BestOf(page)) {
    text += Line("best observed",
                 "trial " + std::to_string(best->trial.id) + ", " +
                     FormatScore(ShownScore(page, *best)));
  }
  if (!page.stopped.empty()) text += Line("ended", page.stopped);
  for (const PageTrial& trial : page.trials) {
    for (const std::string& path : trial.trial.artifacts) {
      text += Line("trial " + std::to_string(trial.trial.id) + " left", path);
    }
  }
  for (const std::string& note : page.notes) text += Line("note", note);
  return text;
}

}  // namespace rankadaptor::runners
