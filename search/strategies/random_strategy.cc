#include "search/strategies/random_strategy.h"

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::internal {

RandomStrategy::RandomStrategy(const SearchSpace& space, uint64_t seed)
    : seed_(seed), sampler_(space) {}

Status RandomStrategy::MetaLearn(std::span<const SourceStudy>) { return {}; }

Status RandomStrategy::Observe(std::span<const Trial> trials) {
  history_.Add(trials);
  return {};
}

Result<std::vector<Suggestion>> RandomStrategy::Suggest(int count) {
  RandomStream stream(seed_, "random strategy", history_.num_told());
  std::vector<Suggestion> suggestions;
  const auto samples = sampler_.SampleDistinct(stream, count, history_.taken());
  history_.MarkPending(samples);
  for (const Configuration& sample : samples) {
    suggestions.push_back({.configuration = sample});
  }
  return suggestions;
}

void RandomStrategy::MarkPending(
    std::span<const Configuration> configurations) {
  history_.MarkPending(configurations);
}

Result<std::vector<Suggestion>> RandomStrategy::Recommend(int count) {
  return history_.Recommend(count);
}

}  // namespace rankadaptor::internal
