#include "surrogate/structured/level_kernels.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Eigenvalues>

namespace rankadaptor::surrogate {
namespace {

using Eigen::MatrixXd;

// An ordinal dimension's effect is mostly smooth: its range is the length over
// which levels stay alike. The rest is a straight line, and more of it
// where two dimensions interact: there are too few rows to learn bends.
constexpr double kSmoothLength = 1.0;
constexpr double kSmoothShare = 0.7;
constexpr double kSmoothPairShare = 0.3;

// Smooth functions of many levels have few degrees of freedom.
constexpr int kMaxOrdinalRank = 6;

MatrixXd Centre(const MatrixXd& kernel) {
  const Eigen::VectorXd means = kernel.rowwise().mean();
  return kernel - means * means.transpose() / kernel.mean();
}

MatrixXd Normalise(const MatrixXd& kernel) {
  return kernel / kernel.diagonal().mean();
}

MatrixXd SmoothKernel(int levels) {
  MatrixXd kernel(levels, levels);
  const double length = kSmoothLength * levels;
  for (int a = 0; a < levels; ++a) {
    for (int b = 0; b < levels; ++b) {
      kernel(a, b) = std::exp(-(a - b) * (a - b) / (2 * length * length));
    }
  }
  return Normalise(Centre(kernel));
}

MatrixXd LinearKernel(int levels) {
  const Eigen::VectorXd line = Eigen::VectorXd::LinSpaced(levels, -1, 1);
  return Normalise(line * line.transpose());
}

MatrixXd ExchangeableKernel(int levels) {
  return Normalise(MatrixXd::Identity(levels, levels) -
                   MatrixXd::Constant(levels, levels, 1.0 / levels));
}

MatrixXd OrdinalKernel(int levels, double smooth_share) {
  return Normalise(smooth_share * SmoothKernel(levels) +
                   (1 - smooth_share) * LinearKernel(levels));
}

// The `rank` largest eigenvectors, each times the root of its eigenvalue.
MatrixXd Root(const MatrixXd& kernel, int rank) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(kernel);
  const Eigen::VectorXd roots =
      solver.eigenvalues().tail(rank).cwiseMax(0).cwiseSqrt();
  return solver.eigenvectors().rightCols(rank) * roots.asDiagonal();
}

}  // namespace

LevelKernels MakeLevelKernels(const Dimension& dimension) {
  const int levels = dimension.num_levels;
  LevelKernels kernels;
  int rank = levels - 1;
  if (dimension.ordinal) {
    rank = std::min(rank, kMaxOrdinalRank);
    kernels.main = OrdinalKernel(levels, kSmoothShare);
    kernels.pair = OrdinalKernel(levels, kSmoothPairShare);
    kernels.category = ExchangeableKernel(levels);
  } else {
    kernels.main = ExchangeableKernel(levels);
    kernels.pair = kernels.main;
    kernels.category = MatrixXd::Zero(levels, levels);
  }
  kernels.main_root = Root(kernels.main, rank);
  kernels.category_root = Root(kernels.category, levels - 1);
  kernels.main = kernels.main_root * kernels.main_root.transpose();
  kernels.pair_root = Root(kernels.pair, rank);
  kernels.pair = kernels.pair_root * kernels.pair_root.transpose();
  return kernels;
}

}  // namespace rankadaptor::surrogate
