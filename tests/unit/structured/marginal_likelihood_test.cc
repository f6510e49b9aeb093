#include "surrogate/structured/marginal_likelihood.h"

#include <cmath>

#include <Eigen/Cholesky>
#include <gmock/gmock.h>

#include "surrogate/structured/covariance.h"
#include "surrogate/structured/row_selection.h"
#include "tests/unit/structured/random_rows.h"

namespace rankadaptor::surrogate {
namespace {

// Rows with mixed dimensions, a source, and parameters away from their priors.
class MarginalLikelihoodOfRows : public ::testing::Test {
 protected:
  MarginalLikelihoodOfRows() {
    data_.levels = testing::RandomRows(structure_, kNumRows, 1);
    RandomStream stream(2);
    for (int r = 0; r < kNumRows; ++r) {
      data_.scores.push_back(stream.Normal(0, 1));
    }
    data_.sources = Eigen::MatrixXd(kNumRows, 1);
    for (double& value : data_.sources.reshaped()) value = stream.Normal(0, 1);
    for (double mean : parameters_.prior_means()) {
      at_.push_back(mean + stream.Normal(0, 0.5));
    }
  }

  double Value(const std::vector<double>& at) const {
    double value = 0;
    EXPECT_TRUE(likelihood().Evaluate(at.data(), &value, nullptr));
    return value;
  }

  MarginalLikelihood likelihood() const {
    return MarginalLikelihood(structure_, kernels_, parameters_, data_);
  }

  static constexpr int kNumRows = 50;  // more than one chunk of entries
  EffectStructure structure_ = MakeEffectStructure(
      {{6}, {6}, {3}, {.num_levels = 4, .ordinal = false}, {2}});
  std::vector<LevelKernels> kernels_ = MakeAllLevelKernels(structure_);
  VarianceParameters parameters_{
      structure_, SelectPairs(structure_, {}, {}), {}, {}};
  ScoredRows data_;
  std::vector<double> at_;
};

TEST_F(MarginalLikelihoodOfRows, GradientIsTheSlope) {
  std::vector<double> gradient(at_.size());
  double value = 0;
  ASSERT_TRUE(likelihood().Evaluate(at_.data(), &value, gradient.data()));
  EXPECT_DOUBLE_EQ(value, Value(at_));
  for (size_t k = 0; k < at_.size(); ++k) {
    constexpr double kStep = 1e-5;
    std::vector<double> up = at_;
    std::vector<double> down = at_;
    up[k] += kStep;
    down[k] -= kStep;
    // Central differences err by about kStep^2.
    EXPECT_NEAR(gradient[k], (Value(up) - Value(down)) / (2 * kStep), 1e-6)
        << "parameter " << k;
  }
}

TEST_F(MarginalLikelihoodOfRows, ValueIsThatOfTheCovariance) {
  const Covariance covariance(
      structure_, kernels_, parameters_.pairs(), parameters_.ToVariances(at_));
  Eigen::MatrixXd matrix(kNumRows, kNumRows);
  const size_t d = structure_.dimensions.size();
  for (int a = 0; a < kNumRows; ++a) {
    for (int b = 0; b < kNumRows; ++b) {
      matrix(a, b) = covariance.Between(testing::RowAt(data_.levels, d, a),
                                        testing::RowAt(data_.levels, d, b),
                                        {&data_.sources(a, 0), 1},
                                        {&data_.sources(b, 0), 1}) +
                     (a == b ? covariance.variances().noise : 0);
    }
  }
  const Eigen::Map<const Eigen::VectorXd> scores(data_.scores.data(), kNumRows);
  const Eigen::LLT<Eigen::MatrixXd> factor(matrix);
  double expected = scores.dot(factor.solve(scores)) / 2 +
                    factor.matrixLLT().diagonal().array().log().sum();
  for (size_t k = 0; k < at_.size(); ++k) {
    const double offset = (at_[k] - parameters_.prior_means()[k]) /
                          parameters_.prior_deviations()[k];
    expected += offset * offset / 2;
  }
  EXPECT_NEAR(Value(at_), expected, 1e-8);
}

TEST_F(MarginalLikelihoodOfRows, MinimisingFindsSomethingBetter) {
  const std::vector<double> start = parameters_.prior_means();
  const std::vector<double> found = Minimise(likelihood(), start, 20);
  EXPECT_LT(Value(found), Value(start));
}

// The fast way is the same sum in the same order.
TEST_F(MarginalLikelihoodOfRows, CovariancesWithManyRowsAreThoseWithEach) {
  const Covariance covariance(
      structure_, kernels_, parameters_.pairs(), parameters_.ToVariances(at_));
  const std::vector<int32_t> rows = testing::RandomRows(structure_, 300, 3);
  const std::vector<int32_t> row = testing::RandomRows(structure_, 1, 4);
  std::vector<double> sources;
  for (int r = 0; r < 300; ++r) sources.push_back(0.01 * r);
  const std::vector<double> with_rows =
      covariance.WithRows(row,
                          rows,
                          ResidualCorrelations(structure_, row, rows),
                          {&sources[7], 1},
                          sources);
  const size_t d = structure_.dimensions.size();
  for (size_t r = 0; r < with_rows.size(); ++r) {
    EXPECT_EQ(with_rows[r],
              covariance.Between(row,
                                 testing::RowAt(rows, d, r),
                                 {&sources[7], 1},
                                 {&sources[r], 1}));
  }
}

}  // namespace
}  // namespace rankadaptor::surrogate
