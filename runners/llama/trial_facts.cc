#include "runners/llama/trial_facts.h"

#include "runners/llama/configured_recovery.h"
#include "runners/llama/configured_scoring.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {

void AddTrialFacts(const TrialData& trial, std::vector<Fact>* facts) {
  facts->emplace_back(
      "each recovery",
      RecoveryText(trial.data, RecoveryOptionsFrom(trial.recovery)));
  if (!trial.tasks.empty()) {
    facts->emplace_back(
        "scoring preset",
        llama::ScoringPresetName(ScoringPresetFrom(trial.scoring)));
  }
  for (const llama::Task& task : trial.tasks) {
    facts->emplace_back("task " + task.name,
                        FormatCount(std::ssize(task.documents)) + " documents");
  }
  for (const llama::HeldoutText& text : trial.texts) {
    facts->emplace_back("held-out text " + text.name,
                        FormatCount(std::ssize(text.windows)) + " windows");
  }
}

}  // namespace rankadaptor::runners
