// The exact linear-Gaussian posterior of a network's output layer: targets =
// features * weights + noise, weights normal around 0 with one variance for
// each group of features. These variances and the noise's are chosen by the
// evidence (MacKay's fixed point), with weak priors that keep them from
// degenerating.
//
// Thread-safety: plain values.
#ifndef RANKADAPTOR_SURROGATE_NEURAL_LAST_LAYER_H_
#define RANKADAPTOR_SURROGATE_NEURAL_LAST_LAYER_H_

#include <vector>

#include <Eigen/Cholesky>

#include "rankadaptor/common/random_stream.h"

#include "surrogate/neural/tanh_network.h"

namespace rankadaptor::surrogate {

// Groups of features that stand side by side, in order.
struct FeatureGroups {
  std::vector<int> sizes;
  std::vector<double> variances;  // what is expected of them before any data
};

class LastLayer {
 public:
  // `noise_variance` is what is expected of the noise.
  LastLayer(const Matrix& features,
            const Eigen::VectorXd& targets,
            FeatureGroups groups,
            double noise_variance);

  // One more observation; the variances stay.
  void Append(const Eigen::VectorXd& features, double target);

  const Eigen::VectorXd& mean() const { return mean_; }
  double noise_variance() const { return noise_variance_; }
  // Of the function, noise not counted.
  double Variance(const Eigen::VectorXd& features) const;
  // Mean plus `spread` times a random deviation from it.
  Eigen::VectorXd Sample(RandomStream& stream, double spread) const;

 private:
  void LearnVariances(const Matrix& features,
                      const Eigen::VectorXd& targets,
                      const FeatureGroups& prior);
  Eigen::VectorXd VarianceByFeature() const;

  FeatureGroups groups_;
  double noise_variance_;
  Eigen::LLT<Eigen::MatrixXd> precision_;  // of the weights
  Eigen::VectorXd information_;            // precision * mean
  Eigen::VectorXd mean_;
};

}  // namespace rankadaptor::surrogate

#endif  // RANKADAPTOR_SURROGATE_NEURAL_LAST_LAYER_H_
