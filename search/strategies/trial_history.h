// What a strategy remembers: which configurations were tried or are being
// tried, and how good they were.
//
// One thread at a time.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_TRIAL_HISTORY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_TRIAL_HISTORY_H_

#include <span>
#include <vector>

#include "rankadaptor/search/strategy.h"

#include "search/feasible_set.h"

namespace rankadaptor::internal {

class TrialHistory {
 public:
  struct Completed {
    Configuration configuration;
    double objective = 0;
  };

  void Add(const Trial& trial);
  void Add(std::span<const Trial> trials);
  void MarkPending(std::span<const Configuration> configurations);

  // Told or pending.
  const ConfigurationSet& taken() const { return taken_; }
  const ConfigurationSet& told() const { return told_; }
  size_t num_told() const { return num_told_; }
  // Marked and not told since, in the order marked.
  const std::vector<Configuration>& pending() const { return pending_; }
  // In the order told.
  const std::vector<Completed>& completed() const { return completed_; }

  // The different configurations with the best objectives, best first, of equal
  // ones the first told.
  std::vector<Configuration> Best(int count) const;
  std::vector<Suggestion> Recommend(int count) const;

 private:
  ConfigurationSet taken_;
  ConfigurationSet told_;
  size_t num_told_ = 0;
  std::vector<Configuration> pending_;
  std::vector<Completed> completed_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_TRIAL_HISTORY_H_
