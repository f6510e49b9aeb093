// The Cholesky factor L of a symmetric positive definite matrix that grows by
// one row and column at a time: A = L L^T. Appending and solving cost O(n^2).
//
// Thread-compatible.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_GROWING_CHOLESKY_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_GROWING_CHOLESKY_H_

#include <span>
#include <vector>

#include <Eigen/Core>

namespace rankadaptor::surrogate {

class GrowingCholesky {
 public:
  int size() const { return size_; }

  // Takes the lower half of `matrix`, raising its diagonal as little as makes
  // it numerically positive definite.
  void Reset(Eigen::MatrixXd matrix);

  // `covariances` of the new row with the present ones, [size()], and with
  // itself. A row that depends on the present ones is kept apart from them by a
  // millionth of its variance.
  void Append(std::span<const double> covariances, double variance);
  // The same where SolveLower() of the covariances is known already.
  void AppendSolved(std::span<const double> solved, double variance);

  // Drops the last rows.
  void Truncate(int size);

  // In place: b becomes L^-1 b, L^-T b, L b.
  void SolveLower(std::span<double> b) const { SolveLowerFrom(0, b); }
  // The same where the first `num_solved` numbers are of L^-1 b already.
  void SolveLowerFrom(int num_solved, std::span<double> b) const;
  void SolveUpper(std::span<double> b) const;
  void MultiplyLower(std::span<double> b) const;

 private:
  const double* Row(int r) const {
    return rows_.data() + static_cast<size_t>(r) * (r + 1) / 2;
  }

  int size_ = 0;
  std::vector<double> rows_;  // of L, packed: row r has r + 1 entries
};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_GROWING_CHOLESKY_H_
