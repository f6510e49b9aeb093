#include "search/surrogate_quality.h"

#include <cmath>
#include <optional>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/search_fakes.h"

namespace rankadaptor::internal {
namespace {

struct Outcome {
  std::optional<double> predicted;
  double observed = 0;
};

// Search trials 0, 1, ...
std::map<int64_t, Trial> Trials(const std::vector<Outcome>& outcomes) {
  std::map<int64_t, Trial> trials;
  for (const Outcome& outcome : outcomes) {
    const auto id = static_cast<int64_t>(trials.size());
    Trial trial = rankadaptor::testing::MakeTrial(id, {0}, outcome.observed);
    trial.purpose = TrialPurpose::kSearch;
    trial.predicted = outcome.predicted;
    trials.emplace(id, std::move(trial));
  }
  return trials;
}

TEST(SurrogateQuality, HasErrorAndRankCorrelation) {
  // Ranks 0 1 2 3 against 0 2 1 3: 1 - 6 * 2 / (4 * 15).
  const auto quality =
      MeasureSurrogate(Trials({{0, 1}, {1, 5}, {2, 4}, {3, 6}}));
  EXPECT_EQ(quality.num_predictions, 4);
  EXPECT_NEAR(*quality.root_mean_square_error,
              std::sqrt((1 + 16 + 4 + 9) / 4.0),
              1e-12);
  EXPECT_NEAR(*quality.rank_correlation, 0.8, 1e-12);
  EXPECT_FALSE(quality.share_within_deviation);
}

TEST(SurrogateQuality, TiesShareTheirRank) {
  // Ranks -1 0.5 0.5 against -1 0 1: 1.5 / sqrt(1.5 * 2).
  const auto quality = MeasureSurrogate(Trials({{1, 1}, {2, 2}, {2, 3}}));
  EXPECT_NEAR(*quality.rank_correlation, std::sqrt(0.75), 1e-12);
}

TEST(SurrogateQuality, ConstantPredictionsHaveNoCorrelation) {
  const auto quality = MeasureSurrogate(Trials({{1, 1}, {1, 2}}));
  EXPECT_FALSE(quality.rank_correlation);
  EXPECT_TRUE(quality.root_mean_square_error);
}

TEST(SurrogateQuality, CountsMeasurementsWithinTheirDeviation) {
  auto trials = Trials({{0, 1}, {0, 1}, {0, -1}, {0, 1}});
  trials[0].deviation = 2;
  trials[1].deviation = 0.5;
  trials[2].deviation = 1;
  const auto quality = MeasureSurrogate(trials);
  EXPECT_EQ(quality.num_with_deviation, 3);
  EXPECT_NEAR(*quality.share_within_deviation, 2 / 3.0, 1e-12);
}

TEST(SurrogateQuality, OnlyPredictedAndCompletedSearchTrialsCount) {
  auto trials = Trials({{{}, 1}, {0, 1}, {0, 1}, {0, 1}});
  trials[2].state = TrialState::kFailed;
  trials[3].purpose = TrialPurpose::kFinalist;
  EXPECT_EQ(MeasureSurrogate(trials).num_predictions, 1);
  EXPECT_EQ(MeasureSurrogate({}), SurrogateQuality());
}

TEST(SurrogateQuality, HugeAndTinyErrorsAreFinite) {
  const auto huge = MeasureSurrogate(Trials({{1e308, -1e307}, {0, 1e300}}));
  EXPECT_TRUE(std::isfinite(*huge.root_mean_square_error));
  const auto tiny = MeasureSurrogate(Trials({{1e-300, 0}, {1e-300, 0}}));
  EXPECT_NEAR(*tiny.root_mean_square_error / 1e-300, 1, 1e-12);
}

}  // namespace
}  // namespace rankadaptor::internal
