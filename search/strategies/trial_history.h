// What a strategy remembers: which configurations were tried or are being
// tried, and how good they were.
//
// One thread at a time.
#ifndef RANKADAPTOR_SEARCH_STRATEGIES_TRIAL_HISTORY_H_
#define RANKADAPTOR_SEARCH_STRATEGIES_TRIAL_HISTORY_H_

#include <map>
#include <set>
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
    double fidelity = 1;
  };

  void Add(const Trial& trial);
  void Add(std::span<const Trial> trials);
  void MarkPending(std::span<const Suggestion> pending);

  // Told or pending.
  const ConfigurationSet& taken() const { return taken_; }
  const ConfigurationSet& told() const { return told_; }
  size_t num_told() const { return num_told_; }
  // Marked and not told since, in the order marked.
  const std::vector<Suggestion>& pending() const { return pending_; }
  // The highest fidelity at which the configuration is taken; 0 if it is not.
  double fidelity_taken(const Configuration& configuration) const;
  // What is taken at this fidelity costs, and what is taken at higher ones.
  double cost_at(double fidelity) const;
  double cost_above(double fidelity) const;
  // In the order told.
  const std::vector<Completed>& completed() const { return completed_; }

  // The different configurations with the best objectives in full, best first,
  // of equal ones the first told; if none was measured in full, by what was
  // measured.
  std::vector<Configuration> Best(int count) const;
  std::vector<Suggestion> Recommend(int count) const;

 private:
  void Take(const Configuration& configuration, double fidelity);
  void GiveBack(const Suggestion& pending);

  ConfigurationSet taken_;
  std::map<Configuration, std::multiset<double>> fidelities_;  // those taken
  std::map<double, int> num_taken_;                            // by fidelity
  ConfigurationSet told_;
  size_t num_told_ = 0;
  std::vector<Suggestion> pending_;
  std::vector<Completed> completed_;
};

}  // namespace rankadaptor::internal

#endif  // RANKADAPTOR_SEARCH_STRATEGIES_TRIAL_HISTORY_H_
