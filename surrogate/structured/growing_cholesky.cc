#include "surrogate/structured/growing_cholesky.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Cholesky>

namespace rankadaptor::surrogate {
namespace {

using Eigen::Map;
using Eigen::VectorXd;

// What is left of a row's variance at least, and how much the diagonal is
// raised first where a whole matrix is singular.
constexpr double kMinShare = 1e-6;
constexpr double kFirstJitter = 1e-10;

}  // namespace

void GrowingCholesky::Reset(Eigen::MatrixXd matrix) {
  const double scale = matrix.diagonal().mean();
  Eigen::LLT<Eigen::MatrixXd> factor(matrix);
  for (double jitter = kFirstJitter;
       factor.info() != Eigen::Success && jitter < 1;
       jitter *= 10) {
    matrix.diagonal().array() += jitter * scale;
    factor.compute(matrix);
  }
  size_ = static_cast<int>(matrix.rows());
  rows_.clear();
  for (int r = 0; r < size_; ++r) {
    for (int c = 0; c <= r; ++c) rows_.push_back(factor.matrixLLT()(r, c));
  }
}

void GrowingCholesky::Append(std::span<const double> covariances,
                             double variance) {
  std::vector<double> solved(covariances.begin(), covariances.end());
  SolveLower(solved);
  AppendSolved(solved, variance);
}

void GrowingCholesky::AppendSolved(std::span<const double> solved,
                                   double variance) {
  double left = variance;
  for (double value : solved) left -= value * value;
  rows_.insert(rows_.end(), solved.begin(), solved.end());
  rows_.push_back(std::sqrt(std::max(left, kMinShare * variance)));
  ++size_;
}

void GrowingCholesky::Truncate(int size) {
  size_ = size;
  rows_.resize(static_cast<size_t>(size) * (size + 1) / 2);
}

void GrowingCholesky::SolveLowerFrom(int num_solved,
                                     std::span<double> b) const {
  for (int r = num_solved; r < size_; ++r) {
    const double* row = Row(r);
    const double sum =
        Map<const VectorXd>(row, r).dot(Map<const VectorXd>(b.data(), r));
    b[r] = (b[r] - sum) / row[r];
  }
}

void GrowingCholesky::SolveUpper(std::span<double> b) const {
  for (int r = size_ - 1; r >= 0; --r) {
    const double* row = Row(r);
    b[r] /= row[r];
    Map<VectorXd>(b.data(), r) -= b[r] * Map<const VectorXd>(row, r);
  }
}

void GrowingCholesky::MultiplyLower(std::span<double> b) const {
  for (int r = size_ - 1; r >= 0; --r) {
    b[r] = Map<const VectorXd>(Row(r), r + 1)
               .dot(Map<const VectorXd>(b.data(), r + 1));
  }
}

}  // namespace rankadaptor::surrogate
