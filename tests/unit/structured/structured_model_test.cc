#include "rankadaptor/surrogate/structured_model.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include "surrogate/structured/variances.h"
#include "tests/unit/structured/random_rows.h"

namespace rankadaptor::surrogate {
namespace {

using ::rankadaptor::testing::RandomRows;
using ::rankadaptor::testing::RowAt;
using ::rankadaptor::testing::SixLevels;

// A function of everything the model knows of, with some noise.
std::vector<double> SomeScores(const std::vector<int32_t>& rows,
                               size_t num_dimensions,
                               uint64_t seed) {
  RandomStream stream(seed, "scores");
  std::vector<double> scores;
  for (size_t r = 0; r < rows.size() / num_dimensions; ++r) {
    const auto row = RowAt(rows, num_dimensions, r);
    double score = 3 + row[0] + 0.5 * (row[1] - 2) * (row[2] - 3);
    for (int32_t level : row) score -= 0.1 * level * level;
    scores.push_back(score + stream.Normal(0, 0.2));
  }
  return scores;
}

class StructuredModelOfRows : public ::testing::Test {
 protected:
  StructuredModelOfRows() { model_.Fit(rows_, scores_); }

  static constexpr size_t kDimensions = 5;
  EffectStructure structure_ = MakeEffectStructure(
      {{6}, {6}, {6}, {.num_levels = 4, .ordinal = false}, {3}});
  std::vector<int32_t> rows_ = RandomRows(structure_, 40, 1);
  std::vector<double> scores_ = SomeScores(rows_, kDimensions, 1);
  std::vector<int32_t> others_ = RandomRows(structure_, 20, 2);
  StructuredModel model_{structure_};
};

TEST_F(StructuredModelOfRows, MeanTablesAreTheMean) {
  const EffectTables tables = model_.MeanTables();
  for (size_t r = 0; r < 20; ++r) {
    const auto row = RowAt(others_, kDimensions, r);
    EXPECT_NEAR(
        Evaluate(tables, structure_, row), model_.Predict(row).mean, 1e-9);
  }
}

// What it keeps from one question to the next must not outlive the rows.
TEST_F(StructuredModelOfRows, AnswersDoNotDependOnWhatWasAskedBefore) {
  StructuredModel asked(structure_);
  asked.Fit(rows_, scores_);
  auto ask = [&](StructuredModel& model) {
    const Prediction p = model.Predict(RowAt(others_, kDimensions, 0));
    return std::vector<double>{p.mean,
                               p.deviation,
                               model.MeanTables().constant,
                               model.SampleTables(3, 1).constant};
  };
  auto change = [&](StructuredModel& model, size_t step) {
    const auto row = RowAt(others_, kDimensions, step / 2);
    if (step % 4 == 0) model.Append(row, 5);
    if (step % 4 == 1) model.AppendPending(row);
    if (step % 4 == 2) model.Truncate(model.num_rows() - 1);
    if (step % 4 == 3) model.Append(row, 4);
  };
  for (size_t num_steps = 1; num_steps <= 8; ++num_steps) {
    StructuredModel fresh(structure_);
    fresh.Fit(rows_, scores_);
    for (size_t step = 0; step < num_steps; ++step) change(fresh, step);
    change(asked, num_steps - 1);
    EXPECT_EQ(ask(asked), ask(fresh)) << num_steps << " steps";
  }
}

TEST_F(StructuredModelOfRows, PredictsWhatItHasNotSeen) {
  const std::vector<double> truth = SomeScores(others_, kDimensions, 2);
  double error = 0;
  double spread = 0;
  for (size_t r = 0; r < 20; ++r) {
    const auto p = model_.Predict(RowAt(others_, kDimensions, r));
    error += std::pow(model_.ToScore(p.mean) - truth[r], 2);
    spread += std::pow(truth[r] - 3, 2);
  }
  EXPECT_LT(error, 0.2 * spread);
}

// Mean and variance over many samples, within four standard errors.
TEST_F(StructuredModelOfRows, SamplesFollowThePosterior) {
  constexpr int kNumSamples = 400;
  std::vector<double> sums(6, 0.0);
  std::vector<double> squares(6, 0.0);
  StructuredModel smooth(structure_, {.with_residual = false});
  smooth.Fit(rows_, scores_);
  for (int s = 0; s < kNumSamples; ++s) {
    const EffectTables sample = smooth.SampleTables(s, 1);
    for (size_t r = 0; r < sums.size(); ++r) {
      const double value =
          Evaluate(sample, structure_, RowAt(others_, kDimensions, r));
      sums[r] += value / kNumSamples;
      squares[r] += value * value / kNumSamples;
    }
  }
  for (size_t r = 0; r < sums.size(); ++r) {
    const Prediction p = smooth.Predict(RowAt(others_, kDimensions, r));
    const double deviation = std::sqrt(squares[r] - sums[r] * sums[r]);
    EXPECT_NEAR(sums[r], p.mean, 4 * p.deviation / std::sqrt(kNumSamples));
    EXPECT_NEAR(deviation / p.deviation, 1, 4 / std::sqrt(2.0 * kNumSamples));
  }
}

TEST_F(StructuredModelOfRows, NoSpreadGivesTheMean) {
  const EffectTables sample = model_.SampleTables(1, 0);
  const auto row = RowAt(others_, kDimensions, 0);
  EXPECT_NEAR(
      Evaluate(sample, structure_, row), model_.Predict(row).mean, 1e-9);
}

TEST_F(StructuredModelOfRows, ARowChangesThePredictionAtItself) {
  const auto row = RowAt(others_, kDimensions, 0);
  const Prediction before = model_.Predict(row);
  model_.Append(row, 100);
  const Prediction after = model_.Predict(row);
  EXPECT_GT(after.mean, before.mean);
  EXPECT_LT(after.deviation, before.deviation);
  model_.Truncate(40);
  EXPECT_DOUBLE_EQ(model_.Predict(row).mean, before.mean);
}

TEST_F(StructuredModelOfRows, APendingRowLowersUncertaintyOnly) {
  const auto row = RowAt(others_, kDimensions, 0);
  const Prediction before = model_.Predict(row);
  model_.AppendPending(row);
  EXPECT_NEAR(model_.Predict(row).mean, before.mean, 1e-6);
  EXPECT_LT(model_.Predict(row).deviation, before.deviation);
}

TEST_F(StructuredModelOfRows, BestRowsAreDifferentAndBestFirst) {
  rows_.insert(rows_.end(), rows_.begin(), rows_.begin() + kDimensions);
  scores_[0] = 50;
  scores_.push_back(50);
  model_.Fit(rows_, scores_);
  const std::vector<int> best = model_.BestRows(3);
  ASSERT_EQ(best.size(), 3u);
  EXPECT_EQ(best[0] % 40, 0);
  EXPECT_NE(best[1] % 40, 0);
  EXPECT_GE(model_.Predict(model_.row(best[1])).mean,
            model_.Predict(model_.row(best[2])).mean);
}

TEST_F(StructuredModelOfRows, TheUnitOfTheScoresDoesNotMatter) {
  for (double unit : {1e-300, 1e290}) {
    std::vector<double> scaled;
    for (double score : scores_) scaled.push_back(score * unit);
    StructuredModel other(structure_);
    other.Fit(rows_, scaled);
    const auto row = RowAt(others_, kDimensions, 0);
    EXPECT_NEAR(other.Predict(row).mean, model_.Predict(row).mean, 1e-6);
  }
}

TEST(StructuredModel, LearnsWhichPairsInteract) {
  const EffectStructure structure = SixLevels(8);
  const std::vector<int32_t> rows = RandomRows(structure, 120, 3);
  RandomStream stream(4);
  std::vector<double> scores;
  for (size_t r = 0; r < 120; ++r) {
    const auto x = RowAt(rows, 8, r);
    scores.push_back((x[0] - 2.5) * (x[5] - 2.5) - (x[2] - 2.5) * (x[7] - 2.5) +
                     x[4] + stream.Normal(0, 1));
  }
  StructuredModel model(structure);
  model.Fit(rows, scores);
  const std::vector<double> factors = model.Knowledge().pair_factors;
  std::vector<double> sorted = factors;
  std::ranges::sort(sorted, std::greater<>());
  EXPECT_GE(factors[PairIndex({0, 5}, 8)], sorted[1]);
  EXPECT_GE(factors[PairIndex({2, 7}, 8)], sorted[1]);
  EXPECT_GT(sorted[1], sorted[2] + 0.5);
}

TEST(StructuredModel, LearnsThatNeighboursInteract) {
  const EffectStructure structure = SixLevels(12);
  const std::vector<int32_t> rows = RandomRows(structure, 80, 5);
  std::vector<double> scores;
  for (size_t r = 0; r < 80; ++r) {
    const auto x = RowAt(rows, 12, r);
    double score = 0;
    for (int i = 0; i < 11; ++i) score += (x[i] - 2.5) * (x[i + 1] - 2.5);
    scores.push_back(score);
  }
  StructuredModel model(structure);
  model.Fit(rows, scores);
  const std::vector<int32_t> tests = RandomRows(structure, 20, 6);
  double product = 0;
  for (size_t r = 0; r < 20; ++r) {
    const auto x = RowAt(tests, 12, r);
    double truth = 0;
    for (int i = 0; i < 11; ++i) truth += (x[i] - 2.5) * (x[i + 1] - 2.5);
    product += truth * model.Predict(x).mean;
  }
  EXPECT_GT(product, 0);
}

TEST(StructuredModel, ASourceOfTheSameFunctionPredicts) {
  const EffectStructure structure = SixLevels(6);
  const std::vector<int32_t> rows = RandomRows(structure, 100, 7);
  std::vector<double> scores = SomeScores(rows, 6, 7);
  for (double& score : scores) score = 1000 - 50 + 20 * score;  // its own unit
  StructuredModel source(structure, {.with_residual = false});
  source.Fit(rows, scores);
  StructuredModel with(structure);
  with.SetSources({source.Knowledge()});
  StructuredModel without(structure);
  const std::vector<int32_t> few = RandomRows(structure, 8, 8);
  with.Fit(few, SomeScores(few, 6, 8));
  without.Fit(few, SomeScores(few, 6, 8));
  const std::vector<int32_t> tests = RandomRows(structure, 50, 9);
  const std::vector<double> truth = SomeScores(tests, 6, 9);
  double error_with = 0;
  double error_without = 0;
  for (size_t r = 0; r < 50; ++r) {
    const auto x = RowAt(tests, 6, r);
    error_with += std::pow(with.ToScore(with.Predict(x).mean) - truth[r], 2);
    error_without +=
        std::pow(without.ToScore(without.Predict(x).mean) - truth[r], 2);
    // Tables hold the source's part as well.
    EXPECT_NEAR(
        Evaluate(with.MeanTables(), structure, x), with.Predict(x).mean, 1e-9);
  }
  EXPECT_LT(error_with, 0.5 * error_without);
}

TEST(StructuredModel, ConstantScoresAndEqualRowsStayFinite) {
  const EffectStructure structure = SixLevels(3);
  std::vector<int32_t> rows;
  for (int r = 0; r < 10; ++r) rows.insert(rows.end(), {1, 2, 3});
  for (double score : {0.0, 5.0, -1e300}) {
    StructuredModel model(structure);
    model.Fit(rows, std::vector<double>(10, score));
    model.Append(std::vector<int32_t>{1, 2, 3}, score);
    const auto p = model.Predict(std::vector<int32_t>{0, 0, 0});
    EXPECT_TRUE(std::isfinite(p.mean));
    EXPECT_TRUE(std::isfinite(p.deviation));
    EXPECT_TRUE(std::isfinite(model.ToScore(p.mean)));
  }
}

}  // namespace
}  // namespace rankadaptor::surrogate
