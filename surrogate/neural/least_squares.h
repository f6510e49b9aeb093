// Trains a TanhNetwork as the nonlinear least-squares problem that the paper's
// Eq. 5 is, by Levenberg-Marquardt (Ceres): residuals are the errors over the
// noise's deviation and, as L2 regularisation, the parameters' distances from
// an anchor over their prior deviations. The minimum is the most probable
// network.
//
// Thread-safety: functions without shared state; one thread, the same bits.
#ifndef RANKADAPTOR_SURROGATE_NEURAL_LEAST_SQUARES_H_
#define RANKADAPTOR_SURROGATE_NEURAL_LEAST_SQUARES_H_

#include <Eigen/Core>

#include "surrogate/neural/tanh_network.h"

namespace rankadaptor::surrogate {

struct LeastSquaresPlan {
  double noise_deviation = 0.5;
  int max_iterations = 15;
};

// Trains `network` from its present parameters on, which are the anchor of its
// hidden layers; heads are drawn to 0. Targets are expected to be standardised.
// A network that cannot be improved stays as it is.
void TrainLeastSquares(const NetworkRows& rows,
                       const Eigen::VectorXd& targets,
                       const LeastSquaresPlan& plan,
                       TanhNetwork& network);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_NEURAL_LEAST_SQUARES_H_
