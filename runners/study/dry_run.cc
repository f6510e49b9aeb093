#include "runners/study/dry_run.h"

#include <cstdio>

#include "runners/study/configured_search.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

std::string SpaceText(const SearchSpace& space) {
  char size[32];
  std::snprintf(size, sizeof size, "10^%.1f", space.Log10Size());
  return std::to_string(space.free_parameters().size()) + " of " +
         std::to_string(space.num_parameters()) + " parameters are searched, " +
         size + " configurations";
}

std::string BudgetText(const SearchSpace& space) {
  std::string text;
  for (const LinearConstraint& constraint : space.constraints()) {
    text += (text.empty() ? "at most " : ", ") +
            FormatCount(static_cast<int64_t>(constraint.limit)) + " " +
            constraint.unit;
  }
  return text.empty() ? "none" : text;
}

std::string TrialsText(const LoadedStudy& loaded) {
  const TrialCounts counts = MaxTrials(loaded);
  const StudyOptions options = StudyOptionsFrom(loaded.config, *loaded.plan);
  return "at most " + std::to_string(counts.search + counts.confirmation) +
         ": " + std::to_string(options.num_initial_trials) + " initial, " +
         std::to_string(counts.search - options.num_initial_trials) +
         " search (strategy " + StrategyName(loaded.config) + "), " +
         std::to_string(counts.confirmation) + " confirmation with " +
         std::to_string(options.num_confirm_seeds) + " seeds";
}

// What the strategy makes of the evaluator's fidelities.
Result<std::string> ShortTrialsText(const LoadedStudy& loaded) {
  RA_ASSIGN_OR_RETURN(std::unique_ptr<Strategy> strategy,
                      MakeConfiguredStrategy(loaded.config, *loaded.plan));
  std::string text;
  for (double fidelity : strategy->fidelities()) {
    if (fidelity == 1) continue;
    text += (text.empty() ? "" : ", ") + FormatPercent(fidelity);
  }
  return text.empty() ? "none" : text + " of a full one";
}

std::string SourcesText(const std::vector<SourceStudy>& sources) {
  size_t num_trials = 0;
  for (const SourceStudy& source : sources) num_trials += source.values.size();
  return std::to_string(sources.size()) + " with " +
         std::to_string(num_trials) + " trials";
}

Result<std::string> StoreText(const LoadedStudy& loaded) {
  const std::string file = loaded.files.database.string();
  if (loaded.store == nullptr) return file + " (new)";
  RA_ASSIGN_OR_RETURN(std::vector<Trial> trials, loaded.store->LoadTrials());
  return file + " (has " + std::to_string(trials.size()) + " trials)";
}

}  // namespace

Result<std::string> DescribeStudy(const LoadedStudy& loaded) {
  const SearchSpace& space = loaded.plan->space();
  std::vector<Fact> facts;
  RA_ASSIGN_OR_RETURN(std::string store, StoreText(loaded));
  facts.emplace_back("study", std::move(store));
  facts.emplace_back("space", SpaceText(space));
  facts.emplace_back("budget", BudgetText(space));
  facts.emplace_back("trials", TrialsText(loaded));
  const StudyOptions options = StudyOptionsFrom(loaded.config, *loaded.plan);
  if (!options.sources.empty()) {
    facts.emplace_back("past studies", SourcesText(options.sources));
  }
  RA_ASSIGN_OR_RETURN(std::string short_trials, ShortTrialsText(loaded));
  facts.emplace_back("short trials", std::move(short_trials));
  facts.emplace_back(
      "objective",
      loaded.plan->objective().name +
          (loaded.plan->objective().minimised ? ", minimised" : ", maximised"));
  for (const Baseline& baseline : loaded.plan->baselines()) {
    const auto cost = loaded.plan->NumParameters(baseline.configuration);
    facts.emplace_back(
        baseline.label,
        cost ? FormatCount(*cost) + " " + loaded.plan->cost_unit() : "");
  }
  RA_ASSIGN_OR_RETURN(std::vector<Fact> of_evaluator, loaded.plan->Facts());
  facts.insert(facts.end(), of_evaluator.begin(), of_evaluator.end());
  std::string text;
  for (const auto& [what, how] : facts) text += what + ": " + how + "\n";
  return text;
}

}  // namespace rankadaptor::runners
