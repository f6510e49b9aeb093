#include "surrogate/neural/least_squares.h"

#include <algorithm>
#include <vector>

#include <ceres/cost_function.h>
#include <ceres/problem.h>
#include <ceres/solver.h>

namespace rankadaptor::surrogate {
namespace {

// Parameters are given to Ceres in blocks of this size, so that the
// regularisation's Jacobian, which is diagonal, stays small.
constexpr int kBlockSize = 32;

int BlockSize(int num_parameters, int block) {
  return std::min(kBlockSize, num_parameters - block * kBlockSize);
}

int NumBlocks(int num_parameters) {
  return (num_parameters + kBlockSize - 1) / kBlockSize;
}

// (outputs - targets) / noise deviation.
class ErrorCost final : public ceres::CostFunction {
 public:
  ErrorCost(const NetworkRows& rows,
            const Eigen::VectorXd& targets,
            double noise_deviation,
            const TanhNetwork& network)
      : rows_(rows),
        targets_(targets),
        factor_(1 / noise_deviation),
        network_(network) {
    set_num_residuals(rows.size());
    const int count = network.shape().num_parameters();
    for (int b = 0; b < NumBlocks(count); ++b) {
      mutable_parameter_block_sizes()->push_back(BlockSize(count, b));
    }
  }

  bool Evaluate(const double* const* blocks,
                double* residuals,
                double** jacobians) const override {
    TanhNetwork network = network_;
    int position = 0;
    for (size_t b = 0; b < parameter_block_sizes().size(); ++b) {
      const int size = parameter_block_sizes()[b];
      std::copy_n(blocks[b], size, network.parameters().data() + position);
      position += size;
    }
    Eigen::Map<Eigen::VectorXd>(residuals, rows_.size()) =
        factor_ * (network.Outputs(rows_) - targets_);
    if (jacobians != nullptr) CopyJacobian(network.Jacobian(rows_), jacobians);
    return true;
  }

 private:
  void CopyJacobian(const Matrix& whole, double** jacobians) const {
    int position = 0;
    for (size_t b = 0; b < parameter_block_sizes().size(); ++b) {
      const int size = parameter_block_sizes()[b];
      if (jacobians[b] != nullptr) {
        Eigen::Map<Matrix>(jacobians[b], rows_.size(), size) =
            factor_ * whole.middleCols(position, size);
      }
      position += size;
    }
  }

  const NetworkRows& rows_;
  const Eigen::VectorXd& targets_;
  double factor_;
  const TanhNetwork& network_;
};

// (parameters - anchor) / prior deviations, of one block.
class PriorCost final : public ceres::CostFunction {
 public:
  PriorCost(Eigen::VectorXd anchor, Eigen::VectorXd deviations)
      : anchor_(std::move(anchor)), deviations_(std::move(deviations)) {
    const auto size = static_cast<int>(anchor_.size());
    set_num_residuals(size);
    mutable_parameter_block_sizes()->push_back(size);
  }

  bool Evaluate(const double* const* blocks,
                double* residuals,
                double** jacobians) const override {
    const auto size = anchor_.size();
    const Eigen::Map<const Eigen::VectorXd> block(blocks[0], size);
    Eigen::Map<Eigen::VectorXd>(residuals, size) =
        (block - anchor_).cwiseQuotient(deviations_);
    if (jacobians != nullptr && jacobians[0] != nullptr) {
      Eigen::Map<Matrix>(jacobians[0], size, size) =
          deviations_.cwiseInverse().asDiagonal();
    }
    return true;
  }

 private:
  Eigen::VectorXd anchor_;
  Eigen::VectorXd deviations_;
};

// The many parameters make the normal equations large, the few rows make their
// products with vectors cheap: conjugate gradients.
ceres::Solver::Options SolverOptions(int max_iterations) {
  ceres::Solver::Options options;
  options.minimizer_type = ceres::TRUST_REGION;
  options.trust_region_strategy_type = ceres::LEVENBERG_MARQUARDT;
  options.linear_solver_type = ceres::CGNR;
  options.preconditioner_type = ceres::IDENTITY;
  options.max_linear_solver_iterations = 40;
  options.max_num_iterations = max_iterations;
  options.initial_trust_region_radius = 10;
  options.function_tolerance = 1e-3;
  options.num_threads = 1;
  options.logging_type = ceres::SILENT;
  return options;
}

}  // namespace

void TrainLeastSquares(const NetworkRows& rows,
                       const Eigen::VectorXd& targets,
                       const LeastSquaresPlan& plan,
                       TanhNetwork& network) {
  const int count = network.shape().num_parameters();
  const int num_heads = count - network.shape().num_hidden_parameters();
  const Eigen::VectorXd deviations = PriorDeviations(network.shape());
  Eigen::VectorXd anchor = network.parameters();
  anchor.tail(num_heads).setZero();
  Eigen::VectorXd parameters = network.parameters();
  ceres::Problem problem;
  std::vector<double*> blocks;
  for (int b = 0; b < NumBlocks(count); ++b) {
    const int begin = b * kBlockSize;
    const int size = BlockSize(count, b);
    blocks.push_back(parameters.data() + begin);
    problem.AddParameterBlock(blocks.back(), size);
    problem.AddResidualBlock(new PriorCost(anchor.segment(begin, size),
                                           deviations.segment(begin, size)),
                             nullptr,
                             blocks.back());
  }
  problem.AddResidualBlock(
      new ErrorCost(rows, targets, plan.noise_deviation, network),
      nullptr,
      blocks);
  ceres::Solver::Summary summary;
  ceres::Solve(SolverOptions(plan.max_iterations), &problem, &summary);
  if (summary.IsSolutionUsable() && parameters.allFinite()) {
    network.parameters() = parameters;
  }
}

}  // namespace rankadaptor::surrogate
