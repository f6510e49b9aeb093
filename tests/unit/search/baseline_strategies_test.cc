// What is particular to the strategies without a model; what they have in
// common is in tests/contract/strategy_contract_test.cc.
#include <map>
#include <numeric>

#include <gmock/gmock.h>

#include "rankadaptor/search/strategy_factory.h"

#include "tests/support/search_fakes.h"

namespace rankadaptor {
namespace {

using ::rankadaptor::testing::MakeMixedSpace;
using ::rankadaptor::testing::MakeSpace;
using ::rankadaptor::testing::MakeTrial;

std::unique_ptr<Strategy> Make(const char* name, const SearchSpace& space) {
  return MakeStrategy(name, space, {.seed = 1}).value();
}

// Highest, 0, where every choice is 2.
double Objective(const Configuration& configuration) {
  double objective = 0;
  for (int32_t choice : configuration.choices) {
    objective -= (choice - 2) * (choice - 2);
  }
  return objective;
}

// Asks for and tells one trial after another.
std::vector<Trial> RunTrials(Strategy& strategy, int num_trials) {
  std::vector<Trial> trials;
  for (int i = 0; i < num_trials; ++i) {
    const Configuration x = strategy.Suggest(1).value()[0].configuration;
    trials.push_back(MakeTrial(i, x.choices, Objective(x)));
    EXPECT_TRUE(strategy.Observe(std::span(&trials.back(), 1)));
  }
  return trials;
}

int NumChanges(const Trial& a, const Trial& b) {
  int changes = 0;
  for (size_t i = 0; i < a.configuration.choices.size(); ++i) {
    changes += a.configuration.choices[i] != b.configuration.choices[i];
  }
  return changes;
}

TEST(LatinHypercube, EveryChoiceComesEquallyOften) {
  auto strategy = Make("latin_hypercube", MakeSpace(5, 4));
  std::map<std::pair<size_t, int32_t>, int> counts;
  for (const Trial& trial : RunTrials(*strategy, 12)) {
    for (size_t p = 0; p < 5; ++p) {
      ++counts[{p, trial.configuration.choices[p]}];
    }
  }
  EXPECT_EQ(counts.size(), 20u);
  for (const auto& [choice, count] : counts) EXPECT_EQ(count, 3);
}

TEST(LocalSearch, ChangesOneParameterOfTheBestSoFar) {
  auto strategy = Make("local_search", MakeSpace(6, 5));
  const auto trials = RunTrials(*strategy, 8);
  Trial best = trials[0];
  for (size_t i = 1; i < trials.size(); ++i) {
    EXPECT_EQ(NumChanges(trials[i], best), 1);
    if (trials[i].measurement.objective > best.measurement.objective) {
      best = trials[i];
    }
  }
}

TEST(LocalSearch, ClimbsToThePeakAndStartsAnewThere) {
  auto strategy = Make("local_search", MakeSpace(6, 5));
  const auto trials = RunTrials(*strategy, 200);
  auto peak = std::ranges::find(trials, 0.0, [](const Trial& trial) {
    return trial.measurement.objective;
  });
  ASSERT_NE(peak, trials.end());
  // All 24 neighbours of the peak, then something else.
  auto restart = std::find_if(peak + 1, trials.end(), [&](const Trial& t) {
    return NumChanges(t, *peak) > 1;
  });
  EXPECT_NE(restart, trials.end());
  EXPECT_LE(restart - peak, 25);
}

TEST(LocalSearch, ChangesTwoWhereOneBreaksAConstraint) {
  auto strategy = Make("local_search", MakeMixedSpace(6, 9, 9));
  const auto trials = RunTrials(*strategy, 4);
  Trial best = trials[0];
  for (size_t i = 1; i < trials.size(); ++i) {
    EXPECT_EQ(NumChanges(trials[i], best), 2);
    if (trials[i].measurement.objective > best.measurement.objective) {
      best = trials[i];
    }
  }
}

TEST(Evolutionary, LaterGenerationsAreBetter) {
  auto strategy = Make("evolutionary", MakeSpace(12, 5));
  const auto trials = RunTrials(*strategy, 200);
  auto mean = [](auto begin, auto end) {
    return std::accumulate(begin,
                           end,
                           0.0,
                           [](double sum, const Trial& trial) {
                             return sum + trial.measurement.objective;
                           }) /
           static_cast<double>(end - begin);
  };
  const double random = mean(trials.begin(), trials.begin() + 20);
  EXPECT_GT(mean(trials.end() - 50, trials.end()), random / 3);
}

}  // namespace
}  // namespace rankadaptor
