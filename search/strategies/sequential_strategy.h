// A strategy without a model that decides one configuration after another from
// the history alone. What it does besides choosing is the same for all: it
// ignores sources, recommends the best observed, and where the choice was tried
// already, or there is none, it takes a random configuration that was not.
//
// One thread at a time.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_SEQUENTIAL_STRATEGY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_SEQUENTIAL_STRATEGY_H_

#include <optional>
#include <span>
#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/search/strategy.h"

#include "search/sampler.h"
#include "search/strategies/trial_history.h"

namespace rankadaptor::internal {

class SequentialStrategy : public Strategy {
 public:
  Status MetaLearn(std::span<const SourceStudy> sources) override;
  Status Observe(std::span<const Trial> trials) override;
  Result<std::vector<Suggestion>> Suggest(int count) override;
  void MarkPending(std::span<const Suggestion> pending) override;
  // The best observed ones.
  Result<std::vector<Suggestion>> Recommend(int count) override;

 protected:
  SequentialStrategy(const SearchSpace& space, uint64_t seed)
      : seed_(seed), sampler_(space) {}

  // A feasible configuration, or none. `stream` is this suggestion's own.
  virtual std::optional<Configuration> Choose(RandomStream& stream) = 0;

  // Called for each told trial, in order, when it is in the history.
  virtual void Learn(const Trial& /*trial*/) {}

  const SearchSpace& space() const { return sampler_.space(); }
  const Sampler& sampler() const { return sampler_; }
  const TrialHistory& history() const { return history_; }
  uint64_t seed() const { return seed_; }

 private:
  uint64_t seed_;
  Sampler sampler_;
  TrialHistory history_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_SEQUENTIAL_STRATEGY_H_
