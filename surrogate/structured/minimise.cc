#include <ceres/gradient_problem.h>
#include <ceres/gradient_problem_solver.h>

#include "surrogate/structured/marginal_likelihood.h"

namespace rankadaptor::surrogate {
namespace {

// The likelihood as Ceres wants it.
class Objective final : public ceres::FirstOrderFunction {
 public:
  explicit Objective(const MarginalLikelihood& likelihood)
      : likelihood_(likelihood) {}

  bool Evaluate(const double* parameters,
                double* cost,
                double* gradient) const override {
    return likelihood_.Evaluate(parameters, cost, gradient);
  }
  int NumParameters() const override { return likelihood_.num_parameters(); }

 private:
  const MarginalLikelihood& likelihood_;
};

}  // namespace

std::vector<double> Minimise(const MarginalLikelihood& likelihood,
                             const std::vector<double>& start,
                             int max_iterations) {
  const ceres::GradientProblem problem(new Objective(likelihood));
  ceres::GradientProblemSolver::Options options;
  options.line_search_direction_type = ceres::LBFGS;
  options.max_num_iterations = max_iterations;
  options.logging_type = ceres::SILENT;
  options.function_tolerance = 1e-5;
  std::vector<double> parameters = start;
  ceres::GradientProblemSolver::Summary summary;
  ceres::Solve(options, problem, parameters.data(), &summary);
  return summary.IsSolutionUsable() ? parameters : start;
}

}  // namespace rankadaptor::surrogate
