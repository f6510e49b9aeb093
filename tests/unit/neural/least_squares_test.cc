#include "surrogate/neural/least_squares.h"

#include <cmath>

#include <gtest/gtest.h>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::surrogate {
namespace {

struct Data {
  NetworkRows rows;
  Eigen::VectorXd targets;
};

// sin(2 x0) * x1 at random points, no wide features.
Data ProductData(int count, uint64_t seed) {
  RandomStream stream(seed);
  Data data;
  data.rows.inputs.resize(count, 2);
  data.rows.wide.resize(count, 0);
  data.targets.resize(count);
  for (int r = 0; r < count; ++r) {
    const double a = stream.UniformReal(-1.5, 1.5);
    const double b = stream.UniformReal(-1.5, 1.5);
    data.rows.inputs.row(r) << a, b;
    data.targets[r] = std::sin(2 * a) * b;
  }
  return data;
}

double MeanSquare(const Eigen::VectorXd& values) {
  return values.squaredNorm() / static_cast<double>(values.size());
}

TEST(LeastSquares, LearnsAnInteraction) {
  const Data data = ProductData(120, 1);
  const Data unseen = ProductData(200, 2);
  TanhNetwork network({.widths = {2, 16, 16}}, 3);
  TrainLeastSquares(data.rows,
                    data.targets,
                    {.noise_deviation = 0.03, .max_iterations = 60},
                    network);
  const double error =
      MeanSquare(network.Outputs(unseen.rows) - unseen.targets);
  // Two per cent of the variance; a linear model explains nothing.
  EXPECT_LT(error, 0.02 * MeanSquare(unseen.targets));
}

TEST(LeastSquares, MuchNoiseMeansLittleLearning) {
  const Data data = ProductData(20, 1);
  TanhNetwork trusting({.widths = {2, 8}}, 3);
  TanhNetwork doubting = trusting;
  const Eigen::VectorXd start = trusting.parameters();
  TrainLeastSquares(
      data.rows, data.targets, {.noise_deviation = 0.1}, trusting);
  TrainLeastSquares(
      data.rows, data.targets, {.noise_deviation = 100}, doubting);
  EXPECT_GT((trusting.parameters() - start).norm(), 0.5);
  EXPECT_LT((doubting.parameters() - start).norm(), 0.01);
}

TEST(LeastSquares, IsTheSameEveryTime) {
  const Data data = ProductData(30, 1);
  TanhNetwork first({.widths = {2, 8, 8}}, 3);
  TanhNetwork second = first;
  TrainLeastSquares(data.rows, data.targets, {}, first);
  TrainLeastSquares(data.rows, data.targets, {}, second);
  EXPECT_EQ(first.parameters(), second.parameters());
}

}  // namespace
}  // namespace rankadaptor::surrogate
