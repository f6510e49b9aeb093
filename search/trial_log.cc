#include "search/trial_log.h"

#include <algorithm>

namespace rankadaptor::internal {

bool IsConfirmation(const Trial& trial) {
  return trial.purpose == TrialPurpose::kFinalist ||
         trial.purpose == TrialPurpose::kBaseline;
}

Status TrialLog::Load() {
  RA_ASSIGN_OR_RETURN(std::vector<Trial> stored, store_.LoadTrials());
  trials_.clear();
  for (Trial& trial : stored) {
    const int64_t id = trial.id;
    trials_.emplace(id, std::move(trial));
  }
  return {};
}

const Trial* TrialLog::Find(int64_t id) const {
  auto found = trials_.find(id);
  return found == trials_.end() ? nullptr : &found->second;
}

Status TrialLog::Append(const Trial& trial) {
  RA_RETURN_IF_ERROR(store_.AppendTrial(trial));
  trials_.emplace(trial.id, trial);
  return {};
}

IdBlock TrialLog::NextSearchBlock(int64_t next_id, int count) const {
  auto trial = trials_.lower_bound(next_id);
  for (; trial != trials_.end() && IsConfirmation(trial->second); ++trial) {
    next_id = trial->first + 1;
  }
  auto confirmation = std::find_if(trial, trials_.end(), [](const auto& entry) {
    return IsConfirmation(entry.second);
  });
  if (confirmation != trials_.end()) {
    count = static_cast<int>(
        std::min<int64_t>(count, confirmation->first - next_id));
  }
  return {next_id, count};
}

std::vector<Suggestion> TrialLog::StoredSuggestions(IdBlock block) const {
  std::vector<Suggestion> suggestions;
  for (int64_t id = block.first; id < block.first + block.count; ++id) {
    const Trial* trial = Find(id);
    if (trial == nullptr) return {};
    suggestions.push_back({.configuration = trial->configuration,
                           .predicted = trial->predicted,
                           .deviation = trial->deviation,
                           .expected_improvement = trial->expected_improvement,
                           .fidelity = trial->fidelity});
  }
  return suggestions;
}

}  // namespace rankadaptor::internal
