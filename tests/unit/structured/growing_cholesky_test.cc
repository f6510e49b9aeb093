#include "surrogate/structured/growing_cholesky.h"

#include <cmath>

#include <gmock/gmock.h>

namespace rankadaptor::surrogate {
namespace {

Eigen::MatrixXd SomeMatrix(int n) {
  Eigen::MatrixXd matrix(n, n);
  for (int a = 0; a < n; ++a) {
    for (int b = 0; b < n; ++b) {
      matrix(a, b) = std::exp(-0.1 * (a - b) * (a - b)) + (a == b ? 0.1 : 0);
    }
  }
  return matrix;
}

TEST(GrowingCholesky, SolvesWhatWasAppendedAsWhatWasGivenAtOnce) {
  const Eigen::MatrixXd matrix = SomeMatrix(9);
  GrowingCholesky factor;
  factor.Reset(matrix.topLeftCorner(4, 4));
  for (int r = 4; r < 9; ++r) {
    const Eigen::VectorXd covariances = matrix.col(r).head(r);
    factor.Append({covariances.data(), static_cast<size_t>(r)}, matrix(r, r));
  }
  const Eigen::VectorXd b = Eigen::VectorXd::LinSpaced(9, -1, 2);
  std::vector<double> x(b.data(), b.data() + 9);
  factor.SolveLower(x);
  factor.SolveUpper(x);
  const Eigen::VectorXd product =
      matrix * Eigen::Map<const Eigen::VectorXd>(x.data(), 9);
  EXPECT_LT((product - b).cwiseAbs().maxCoeff(), 1e-10);
}

TEST(GrowingCholesky, MultiplyingUndoesSolving) {
  GrowingCholesky factor;
  factor.Reset(SomeMatrix(6));
  std::vector<double> x = {1, 2, 3, 4, 5, 6};
  factor.SolveLower(x);
  factor.MultiplyLower(x);
  for (int r = 0; r < 6; ++r) EXPECT_NEAR(x[r], r + 1, 1e-12);
}

TEST(GrowingCholesky, TruncatingForgetsTheLastRows) {
  GrowingCholesky factor;
  factor.Reset(SomeMatrix(6));
  factor.Truncate(3);
  GrowingCholesky small;
  small.Reset(SomeMatrix(3));
  std::vector<double> x = {1, 2, 3};
  std::vector<double> y = x;
  factor.SolveLower(x);
  small.SolveLower(y);
  EXPECT_EQ(factor.size(), 3);
  for (int r = 0; r < 3; ++r) EXPECT_NEAR(x[r], y[r], 1e-12);
}

TEST(GrowingCholesky, EqualRowsStayFinite) {
  GrowingCholesky factor;
  factor.Reset(Eigen::MatrixXd::Ones(3, 3));
  factor.Append(std::vector<double>{1, 1, 1}, 1);
  std::vector<double> x = {1, 1, 1, 1};
  factor.SolveLower(x);
  factor.SolveUpper(x);
  for (double value : x) EXPECT_TRUE(std::isfinite(value));
}

}  // namespace
}  // namespace rankadaptor::surrogate
