#include "search/strategies/sequential_strategy.h"

#include <utility>

namespace rankadaptor::internal {

Status SequentialStrategy::MetaLearn(std::span<const SourceStudy>) {
  return {};
}

Status SequentialStrategy::Observe(std::span<const Trial> trials) {
  for (const Trial& trial : trials) {
    history_.Add(trial);
    Learn(trial);
  }
  return {};
}

Result<std::vector<Suggestion>> SequentialStrategy::Suggest(int count) {
  std::vector<Suggestion> suggestions;
  while (static_cast<int>(suggestions.size()) < count) {
    // Both numbers, so that a batch does not draw the same again.
    RandomStream stream(DeriveSeed(seed_, "suggest", history_.num_told()),
                        "sequential",
                        history_.taken().size());
    std::optional<Configuration> chosen = Choose(stream);
    if (!chosen || history_.taken().contains(*chosen)) {
      auto random = sampler_.SampleDistinct(stream, 1, history_.taken());
      if (random.empty()) break;
      chosen = std::move(random[0]);
    }
    suggestions.push_back({.configuration = *std::move(chosen)});
    history_.MarkPending(std::span(&suggestions.back(), 1));
  }
  return suggestions;
}

void SequentialStrategy::MarkPending(std::span<const Suggestion> pending) {
  history_.MarkPending(pending);
}

Result<std::vector<Suggestion>> SequentialStrategy::Recommend(int count) {
  return history_.Recommend(count);
}

}  // namespace rankadaptor::internal
