// Trains the multi-layer perceptron with LibTorch's automatic differentiation:
// full batches, Adam, learning rate falling linearly to zero. One thread, so
// that the same call gives the same bits.
//
// Inputs are used as they are, targets are expected to be standardised.
// kInternal if LibTorch fails.
#ifndef RANKADAPTOR_SURROGATE_MLP_MLP_TRAINER_H_
#define RANKADAPTOR_SURROGATE_MLP_MLP_TRAINER_H_

#include <span>
#include <vector>

#include "rankadaptor/common/result.h"

#include "surrogate/mlp/dense_network.h"

namespace rankadaptor::surrogate {

struct TrainingSet {
  std::vector<float> inputs;   // [num_rows, num_inputs], row-major
  std::vector<float> targets;  // [num_rows]
};

struct TrainingPlan {
  int num_steps = 0;
  double learning_rate = 0;
  // The prior: minimises the mean squared error + stiffness / num_rows *
  // |parameters - anchor|^2, so that few rows move the network little.
  double stiffness = 0;
};

// Trains `network` on one set. `anchor` has the network's parameters, or is
// empty for zeros.
Status Train(const TrainingSet& set,
             const TrainingPlan& plan,
             std::span<const float> anchor,
             DenseNetwork& network);

// Trains the network's hidden layers on several sets together, each with an
// output layer of its own; the network's output layer becomes their mean.
Status TrainTogether(const std::vector<TrainingSet>& sets,
                     const TrainingPlan& plan,
                     DenseNetwork& network);

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_MLP_MLP_TRAINER_H_
