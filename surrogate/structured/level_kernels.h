// What is assumed about the effect of one dimension before anything is
// measured: covariances between its levels. All are centred (effects sum to
// zero over the levels, so that constant, main and pair effects do not overlap)
// and have a mean variance of 1.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_SURROGATE_STRUCTURED_LEVEL_KERNELS_H_
#define RANKADAPTOR_SURROGATE_STRUCTURED_LEVEL_KERNELS_H_

#include <Eigen/Core>

#include "rankadaptor/surrogate/effect_tables.h"

namespace rankadaptor::surrogate {

struct LevelKernels {
  Eigen::MatrixXd main;      // smooth over ordinal levels, else exchangeable
  Eigen::MatrixXd category;  // exchangeable; zero where `main` is already
  Eigen::MatrixXd pair;      // of each side of a pair effect

  // root * root^T = kernel.
  Eigen::MatrixXd main_root;
  Eigen::MatrixXd category_root;
  Eigen::MatrixXd pair_root;
};

LevelKernels MakeLevelKernels(const Dimension& dimension);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_STRUCTURED_LEVEL_KERNELS_H_
