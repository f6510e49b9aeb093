#include "search/strategies/random_strategy.h"

#include <algorithm>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::internal {

RandomStrategy::RandomStrategy(const SearchSpace& space, uint64_t seed)
    : seed_(seed), sampler_(space) {}

Status RandomStrategy::MetaLearn(std::span<const SourceStudy>) { return {}; }

Status RandomStrategy::Observe(std::span<const Trial> trials) {
  for (const Trial& trial : trials) {
    taken_.insert(trial.configuration);
    if (trial.state == TrialState::kComplete) complete_.push_back(trial);
  }
  num_told_ += trials.size();
  return {};
}

Result<std::vector<Suggestion>> RandomStrategy::Suggest(int count) {
  RandomStream stream(seed_, "random strategy", num_told_);
  std::vector<Suggestion> suggestions;
  for (Configuration& sample : sampler_.SampleDistinct(stream, count, taken_)) {
    taken_.insert(sample);
    suggestions.push_back({.configuration = std::move(sample)});
  }
  return suggestions;
}

void RandomStrategy::MarkPending(
    std::span<const Configuration> configurations) {
  taken_.insert(configurations.begin(), configurations.end());
}

Result<std::vector<Suggestion>> RandomStrategy::Recommend(int count) {
  std::vector<Trial> best_first = complete_;
  std::ranges::stable_sort(best_first, std::greater<>(), [](const Trial& t) {
    return t.measurement.objective;
  });
  std::vector<Suggestion> suggestions;
  for (const Trial& trial : best_first) {
    if (static_cast<int>(suggestions.size()) == count) break;
    suggestions.push_back({.configuration = trial.configuration});
  }
  return suggestions;
}

}  // namespace rankadaptor::internal
