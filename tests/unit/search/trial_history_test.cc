#include "search/strategies/trial_history.h"

#include <gmock/gmock.h>

namespace rankadaptor::internal {
namespace {

Trial Told(Configuration configuration, double fidelity) {
  Trial trial;
  trial.configuration = std::move(configuration);
  trial.state = TrialState::kComplete;
  trial.fidelity = fidelity;
  return trial;
}

// As it is for a history that only hears what was told.
TEST(TrialHistory, WhatWasSpentCountsInsteadOfWhatWasAskedFor) {
  for (auto [asked, spent] : {std::pair(0.25, 1.0), std::pair(1.0, 0.25)}) {
    const Suggestion suggestion{.configuration = {{1, 2}}, .fidelity = asked};
    TrialHistory history;
    history.MarkPending(std::span(&suggestion, 1));
    EXPECT_EQ(history.fidelity_taken({{1, 2}}), asked);
    history.Add(Told({{1, 2}}, spent));
    EXPECT_EQ(history.fidelity_taken({{1, 2}}), spent);
    EXPECT_EQ(history.cost_at(spent), spent);
    EXPECT_EQ(history.cost_at(asked), 0);
    EXPECT_TRUE(history.pending().empty());
    EXPECT_EQ(history.taken().size(), 1u);
  }
}

TEST(TrialHistory, TheHighestFidelityIsTaken) {
  TrialHistory history;
  EXPECT_EQ(history.fidelity_taken({{0}}), 0);
  history.Add(Told({{0}}, 1));
  history.Add(Told({{0}}, 0.5));
  EXPECT_EQ(history.fidelity_taken({{0}}), 1);
  EXPECT_EQ(history.cost_above(0.25), 1.5);
}

}  // namespace
}  // namespace rankadaptor::internal
