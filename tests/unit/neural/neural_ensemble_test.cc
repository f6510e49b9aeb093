#include "rankadaptor/surrogate/neural_ensemble.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::surrogate {
namespace {

struct Data {
  std::vector<int32_t> rows;
  std::vector<double> scores;
};

constexpr int kDimensions = 6;

std::vector<Dimension> Dimensions(int count = kDimensions) {
  return std::vector<Dimension>(count, Dimension{.num_levels = 6});
}

double Truth(std::span<const int32_t> row) {
  return 0.3 * row[0] - 0.1 * (row[1] - 3) * (row[1] - 3) +
         0.15 * (row[2] - 2.5) * (row[3] - 2.5);
}

// `num_levels` 3 stays in one corner.
Data RandomData(int count, uint64_t seed, int num_levels = 6) {
  RandomStream stream(seed);
  Data data;
  for (int r = 0; r < count; ++r) {
    for (int i = 0; i < kDimensions; ++i) {
      data.rows.push_back(
          static_cast<int32_t>(stream.UniformInt(0, num_levels - 1)));
    }
    data.scores.push_back(Truth(std::span(data.rows).last(kDimensions)));
  }
  return data;
}

std::span<const int32_t> RowOf(const Data& data, int index) {
  return std::span(data.rows).subspan(index * kDimensions, kDimensions);
}

NeuralEnsemble Fitted(const Data& data, uint64_t seed = 1) {
  NeuralEnsemble model(Dimensions(), {.seed = seed});
  model.Fit(data.rows, data.scores);
  return model;
}

double RootMeanSquareError(const NeuralEnsemble& model, const Data& unseen) {
  double squares = 0;
  for (size_t r = 0; r < unseen.scores.size(); ++r) {
    const double error =
        model.ToScore(model.Predict(RowOf(unseen, static_cast<int>(r))).mean) -
        unseen.scores[r];
    squares += error * error / static_cast<double>(unseen.scores.size());
  }
  return std::sqrt(squares);
}

TEST(NeuralEnsemble, LearnsEffectsAndInteractions) {
  const NeuralEnsemble model = Fitted(RandomData(150, 1));
  // The scores' standard deviation is about 0.75.
  EXPECT_LT(RootMeanSquareError(model, RandomData(100, 2)), 0.5);
}

TEST(NeuralEnsemble, IsLessCertainAwayFromTheData) {
  const NeuralEnsemble model = Fitted(RandomData(60, 1, 3));
  const std::vector<int32_t> near(kDimensions, 1);
  const std::vector<int32_t> far(kDimensions, 5);
  EXPECT_GT(model.Predict(far).deviation, 3 * model.Predict(near).deviation);
}

TEST(NeuralEnsemble, MeanFunctionIsThePrediction) {
  const Data data = RandomData(40, 1);
  const NeuralEnsemble model = Fitted(data);
  RowFunction mean = model.Mean();
  std::vector<int32_t> row = {0, 1, 2, 3, 4, 5};
  mean.Start(row);
  mean.SetLevel(2, 5);
  mean.SetLevel(0, 3);
  row[2] = 5;
  row[0] = 3;
  std::vector<double> values(6);
  mean.Values(4, values);
  for (int32_t a = 0; a < 6; ++a) {
    row[4] = a;
    // Single precision.
    EXPECT_NEAR(values[a], model.Predict(row).mean, 1e-4);
  }
}

TEST(NeuralEnsemble, SamplesDifferWhereItIsUncertain) {
  const Data data = RandomData(30, 1, 3);
  const NeuralEnsemble model = Fitted(data);
  const std::vector<int32_t> far(kDimensions, 5);
  std::vector<double> at_far;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    RowFunction sample = model.Sample(seed, 1);
    sample.Start(far);
    std::vector<double> values(6);
    sample.Values(0, values);
    at_far.push_back(values[5]);
  }
  const auto [low, high] = std::ranges::minmax(at_far);
  EXPECT_GT(high - low, model.Predict(far).deviation);
}

TEST(NeuralEnsemble, PendingRowsReduceTheUncertaintyUntilDropped) {
  NeuralEnsemble model = Fitted(RandomData(30, 1));
  const std::vector<int32_t> row(kDimensions, 5);
  const Prediction before = model.Predict(row);
  model.AppendPending(row);
  EXPECT_LT(model.Predict(row).deviation, before.deviation);
  model.DropPending();
  EXPECT_EQ(model.Predict(row).deviation, before.deviation);
  EXPECT_EQ(model.Predict(row).mean, before.mean);
}

TEST(NeuralEnsemble, RelatedSourcesHelpAndOthersDoLittleHarm) {
  const Data few = RandomData(12, 1);
  const Data unseen = RandomData(100, 2);
  const Data related = RandomData(150, 3);
  Data unrelated = related;
  RandomStream stream(4);
  stream.Shuffle(std::span(unrelated.scores));
  const double alone = RootMeanSquareError(Fitted(few), unseen);
  auto with_source = [&](Data source) {
    // Another unit.
    for (double& score : source.scores) score = 1000 - 50 * score;
    NeuralEnsemble model(Dimensions(), {.seed = 1});
    model.MetaLearn(
        std::vector<NeuralSource>{{source.rows, std::move(source.scores)}});
    model.Fit(few.rows, few.scores);
    return RootMeanSquareError(model, unseen);
  };
  EXPECT_LT(with_source(related), 0.6 * alone);
  EXPECT_LT(with_source(unrelated), 1.5 * alone);
}

TEST(NeuralEnsemble, ScoresMayHaveAnySize) {
  for (double factor : {1e-300, 1.0, 1e300}) {
    Data data = RandomData(30, 1);
    for (double& score : data.scores) score *= factor;
    const NeuralEnsemble model = Fitted(data);
    const Prediction prediction = model.Predict(RowOf(data, 0));
    EXPECT_TRUE(std::isfinite(model.ToScore(prediction.mean)));
    EXPECT_NEAR(
        model.ToScore(prediction.mean) / factor, data.scores[0] / factor, 1.0);
  }
}

TEST(NeuralEnsemble, ConstantScoresArePredicted) {
  Data data = RandomData(20, 1);
  std::ranges::fill(data.scores, 7.5);
  const NeuralEnsemble model = Fitted(data);
  EXPECT_NEAR(model.ToScore(model.Predict(RowOf(data, 3)).mean), 7.5, 1e-6);
}

TEST(NeuralEnsemble, CategoriesAreLearnedWithoutAnOrder) {
  NeuralEnsemble model({{.num_levels = 5, .ordinal = false}, {.num_levels = 3}},
                       {.seed = 1});
  const double effects[] = {0, 3, -2, 1, -3};
  std::vector<int32_t> rows;
  std::vector<double> scores;
  for (int32_t i = 0; i < 30; ++i) {
    rows.insert(rows.end(), {i % 5, i % 3});
    scores.push_back(effects[i % 5]);
  }
  model.Fit(rows, scores);
  for (int32_t a = 0; a < 5; ++a) {
    const std::vector<int32_t> row = {a, 0};
    EXPECT_NEAR(model.ToScore(model.Predict(row).mean), effects[a], 0.5);
  }
}

TEST(NeuralEnsemble, IsTheSameEveryTime) {
  const Data data = RandomData(30, 1);
  const auto row = RowOf(data, 4);
  EXPECT_EQ(Fitted(data).Predict(row).mean, Fitted(data).Predict(row).mean);
  EXPECT_NE(Fitted(data).Predict(row).mean, Fitted(data, 2).Predict(row).mean);
}

TEST(NeuralEnsemble, HandlesManyDimensions) {
  constexpr int kMany = 512;
  NeuralEnsemble model(Dimensions(kMany), {.seed = 1});
  RandomStream stream(3);
  std::vector<int32_t> rows;
  std::vector<double> scores;
  for (int r = 0; r < 12; ++r) {
    for (int i = 0; i < kMany; ++i) {
      rows.push_back(static_cast<int32_t>(stream.UniformInt(0, 5)));
    }
    scores.push_back(r % 4);
  }
  model.Fit(rows, scores);
  EXPECT_TRUE(std::isfinite(model.Predict(std::span(rows).first(kMany)).mean));
}

}  // namespace
}  // namespace rankadaptor::surrogate
