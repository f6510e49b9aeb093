// Short measurements in the structured model.
#include <cmath>

#include <gtest/gtest.h>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/surrogate/structured_model.h"

#include "surrogate/structured/fidelity_relation.h"
#include "tests/unit/structured/random_rows.h"

namespace rankadaptor::surrogate {
namespace {

constexpr int kDimensions = 6;
constexpr int kLevels = 4;

// Sum of levels with weights, about 0, spread about 1.
double Full(std::span<const int32_t> row) {
  double sum = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    sum += static_cast<double>(i + 1) * (row[i] - 1.5) / 10;
  }
  return sum;
}

// 60 random rows measured short, with an offset of 5, and the first few in full
// as well.
struct Data {
  std::vector<int32_t> rows;
  std::vector<double> scores;
  std::vector<int> fidelities;

  std::span<const int32_t> row(size_t r) const {
    return std::span(rows).subspan(r * kDimensions, kDimensions);
  }
};

Data MakeData(int num_full, bool related) {
  RandomStream stream(3, "fidelity test");
  Data data;
  auto add = [&](const std::vector<int32_t>& row, double score, int fidelity) {
    data.rows.insert(data.rows.end(), row.begin(), row.end());
    data.scores.push_back(score);
    data.fidelities.push_back(fidelity);
  };
  for (int r = 0; r < 60; ++r) {
    std::vector<int32_t> row;
    for (int i = 0; i < kDimensions; ++i) {
      row.push_back(static_cast<int32_t>(stream.UniformInt(0, kLevels - 1)));
    }
    const double signal = related ? Full(row) : stream.Normal(0, 1);
    add(row, 5 + signal + stream.Normal(0, 0.1), 1);
    if (r < num_full) add(row, Full(row) + stream.Normal(0, 0.05), 0);
  }
  return data;
}

EffectStructure MakeStructure() {
  return MakeEffectStructure(std::vector<Dimension>(
      kDimensions, {.num_levels = kLevels, .ordinal = true}));
}

TEST(FidelityRelation, FactorsAreACovariance) {
  const FidelityRelation relation{
      .correlation = 0.8, .amplitude = 0.5, .noise_ratio = 2};
  EXPECT_EQ(relation.Factor(0, 0), 1);
  EXPECT_DOUBLE_EQ(relation.Factor(1, 1), 0.25);
  EXPECT_DOUBLE_EQ(relation.Factor(0, 2), 0.25 * 0.64);
  EXPECT_DOUBLE_EQ(relation.Factor(2, 1), relation.Factor(1, 2));
  EXPECT_EQ(FidelityRelation::Offset(0, 0), 0);
  EXPECT_EQ(FidelityRelation::Offset(0, 1), 0);
  EXPECT_GT(FidelityRelation::Offset(1, 1), 0);
  EXPECT_EQ(relation.NoiseRatio(2), 4);
}

TEST(Fidelity, ShortMeasurementsTeachWhatFullOnesWouldBe) {
  const EffectStructure structure = MakeStructure();
  const Data data = MakeData(6, /*related=*/true);
  StructuredModel model(structure);
  model.Fit(data.rows, data.scores, data.fidelities);
  EXPECT_GT(model.FidelityCorrelation(), 0.9);
  // Rows that were measured short only: in units of the scores, whose spread is
  // about 1.
  double squares = 0;
  for (size_t r = 20; r < 60; ++r) {
    const double full = model.ToScore(model.Predict(data.row(r)).mean);
    squares += (full - Full(data.row(r))) * (full - Full(data.row(r)));
    const double shortened =
        model.ToScore(model.Predict(data.row(r), 1).mean, 1);
    EXPECT_NEAR(shortened, data.scores[r], 0.6);
  }
  EXPECT_LT(std::sqrt(squares / 40), 0.3);
}

// Root mean square error at rows that were not measured in full.
double ErrorInFull(const StructuredModel& model, const Data& data) {
  double squares = 0;
  for (size_t r = 60; r < 90; ++r) {
    const double full = model.ToScore(model.Predict(data.row(r)).mean);
    squares += (full - Full(data.row(r))) * (full - Full(data.row(r)));
  }
  return std::sqrt(squares / 30);
}

// Against a model that sees the full measurements alone.
TEST(Fidelity, UnrelatedShortMeasurementsDoLittleHarm) {
  const EffectStructure structure = MakeStructure();
  const Data data = MakeData(30, /*related=*/false);
  StructuredModel both(structure);
  both.Fit(data.rows, data.scores, data.fidelities);
  Data full;
  for (size_t r = 0; r < data.scores.size(); ++r) {
    if (data.fidelities[r] > 0) continue;
    full.rows.insert(full.rows.end(), data.row(r).begin(), data.row(r).end());
    full.scores.push_back(data.scores[r]);
  }
  StructuredModel alone(structure);
  alone.Fit(full.rows, full.scores);
  EXPECT_LT(ErrorInFull(both, data), ErrorInFull(alone, data) + 0.25);
}

// Appended one by one, the rows give what they give together.
TEST(Fidelity, AppendedRowsAreAsFittedOnes) {
  const EffectStructure structure = MakeStructure();
  const Data data = MakeData(6, /*related=*/true);
  StructuredModel whole(structure);
  whole.Fit(data.rows, data.scores, data.fidelities);
  StructuredModel grown(structure);
  grown.Fit(data.rows, data.scores, data.fidelities);
  const int last = grown.num_rows() - 1;
  grown.Truncate(last - 9);
  for (int r = last - 9; r <= last; ++r) {
    grown.Append(data.row(r), data.scores[r], data.fidelities[r]);
  }
  for (size_t r = 0; r < 60; ++r) {
    const Prediction a = whole.Predict(data.row(r));
    const Prediction b = grown.Predict(data.row(r));
    EXPECT_NEAR(a.mean, b.mean, 1e-6);
    EXPECT_NEAR(a.deviation, b.deviation, 1e-6);
  }
}

// The tables' mean is the prediction's, and samples spread as it says.
TEST(Fidelity, TablesAndSamplesAreOfFullMeasurements) {
  const EffectStructure structure = MakeStructure();
  const Data data = MakeData(6, /*related=*/true);
  StructuredModel model(structure, {.with_residual = false});
  model.Fit(data.rows, data.scores, data.fidelities);
  const EffectTables mean = model.MeanTables();
  const auto row = data.row(50);
  const Prediction p = model.Predict(row);
  EXPECT_NEAR(Evaluate(mean, structure, row), p.mean, 1e-9);
  constexpr int kSamples = 400;
  double sum = 0;
  double squares = 0;
  for (int s = 0; s < kSamples; ++s) {
    const double value =
        Evaluate(model.SampleTables(s, 1), structure, row) - p.mean;
    sum += value;
    squares += value * value;
  }
  // Four standard errors. The global effect's random features are approximate.
  EXPECT_NEAR(sum / kSamples, 0, 4 * p.deviation / std::sqrt(kSamples));
  EXPECT_NEAR(std::sqrt(squares / kSamples) / p.deviation, 1, 0.2);
}

TEST(Fidelity, WithoutFullMeasurementsTheModelStillPredicts) {
  const EffectStructure structure = MakeStructure();
  const Data data = MakeData(0, /*related=*/true);
  StructuredModel model(structure);
  model.Fit(data.rows, data.scores, data.fidelities);
  EXPECT_TRUE(std::isfinite(model.ToScore(model.Predict(data.row(0)).mean)));
  EXPECT_EQ(model.BestRows(3).size(), 3);
}

}  // namespace
}  // namespace rankadaptor::surrogate
