#include "search/strategies/random_strategy.h"

#include <utility>

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
  for (Configuration& sample :
       sampler_.SampleDistinct(stream, count, history_.taken())) {
    suggestions.push_back({.configuration = std::move(sample)});
  }
  history_.MarkPending(suggestions);
  return suggestions;
}

void RandomStrategy::MarkPending(std::span<const Suggestion> pending) {
  history_.MarkPending(pending);
}

Result<std::vector<Suggestion>> RandomStrategy::Recommend(int count) {
  return history_.Recommend(count);
}

}  // namespace rankadaptor::internal
