#include "surrogate/neural/last_layer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rankadaptor::surrogate {
namespace {

constexpr int kMaxRounds = 20;

// How many weights, or rows, the expected variances weigh.
constexpr double kPriorCount = 2;

constexpr double kMinVariance = 1e-8;

// What MacKay's fixed point needs, at given variances.
struct Explained {
  std::vector<double> num_determined;  // weights, by group
  std::vector<double> squares;         // of the mean weights, by group
  double error_squares = 0;
};

// features * features^T of each group.
std::vector<Eigen::MatrixXd> RowProducts(const Matrix& features,
                                         const FeatureGroups& groups) {
  std::vector<Eigen::MatrixXd> products;
  int begin = 0;
  for (int size : groups.sizes) {
    const auto part = features.middleCols(begin, size);
    products.emplace_back(part * part.transpose());
    begin += size;
  }
  return products;
}

// Through a matrix of the size of the rows, for few rows. `products` are
// RowProducts().
Explained ExplainByRows(const std::vector<Eigen::MatrixXd>& products,
                        const Eigen::VectorXd& targets,
                        const FeatureGroups& groups,
                        double noise) {
  const auto identity =
      Eigen::MatrixXd::Identity(targets.size(), targets.size());
  Eigen::MatrixXd whole = noise * identity;
  for (size_t g = 0; g < products.size(); ++g) {
    whole += groups.variances[g] * products[g];
  }
  const Eigen::MatrixXd inverse = whole.llt().solve(identity);
  const Eigen::VectorXd solved = inverse * targets;
  Explained explained{.error_squares = noise * noise * solved.squaredNorm()};
  for (size_t g = 0; g < products.size(); ++g) {
    const double variance = groups.variances[g];
    explained.num_determined.push_back(variance *
                                       inverse.cwiseProduct(products[g]).sum());
    explained.squares.push_back(variance * variance *
                                solved.dot(products[g] * solved));
  }
  return explained;
}

// Through a matrix of the size of the features, for few features. `products`
// is features^T * features.
Explained ExplainByFeatures(const Matrix& features,
                            const Eigen::MatrixXd& products,
                            const Eigen::VectorXd& targets,
                            const FeatureGroups& groups,
                            double noise) {
  Eigen::MatrixXd precision = products / noise;
  int begin = 0;
  for (size_t g = 0; g < groups.sizes.size(); ++g) {
    precision.diagonal().segment(begin, groups.sizes[g]).array() +=
        1 / groups.variances[g];
    begin += groups.sizes[g];
  }
  const Eigen::MatrixXd inverse = precision.llt().solve(
      Eigen::MatrixXd::Identity(features.cols(), features.cols()));
  const Eigen::VectorXd mean =
      inverse * (features.transpose() * targets) / noise;
  Explained explained{.error_squares =
                          (targets - features * mean).squaredNorm()};
  begin = 0;
  for (size_t g = 0; g < groups.sizes.size(); ++g) {
    const int size = groups.sizes[g];
    explained.num_determined.push_back(
        size -
        inverse.diagonal().segment(begin, size).sum() / groups.variances[g]);
    explained.squares.push_back(mean.segment(begin, size).squaredNorm());
    begin += size;
  }
  return explained;
}

}  // namespace

LastLayer::LastLayer(const Matrix& features,
                     const Eigen::VectorXd& targets,
                     FeatureGroups groups,
                     double noise_variance)
    : groups_(std::move(groups)), noise_variance_(noise_variance) {
  const FeatureGroups prior = groups_;
  LearnVariances(features, targets, prior);
  Eigen::MatrixXd precision = features.transpose() * features / noise_variance_;
  precision.diagonal() += VarianceByFeature().cwiseInverse();
  precision_.compute(precision);
  information_ = features.transpose() * targets / noise_variance_;
  mean_ = precision_.solve(information_);
}

void LastLayer::LearnVariances(const Matrix& features,
                               const Eigen::VectorXd& targets,
                               const FeatureGroups& prior) {
  const double prior_noise = noise_variance_;
  const bool few_rows = features.rows() < features.cols();
  std::vector<Eigen::MatrixXd> row_products;
  Eigen::MatrixXd products;
  if (few_rows) {
    row_products = RowProducts(features, groups_);
  } else {
    products = features.transpose() * features;
  }
  for (int round = 0; round < kMaxRounds; ++round) {
    const Explained explained =
        few_rows
            ? ExplainByRows(row_products, targets, groups_, noise_variance_)
            : ExplainByFeatures(
                  features, products, targets, groups_, noise_variance_);
    double num_determined = 0;
    for (size_t g = 0; g < groups_.sizes.size(); ++g) {
      num_determined += explained.num_determined[g];
      groups_.variances[g] =
          std::max(kMinVariance,
                   (explained.squares[g] + kPriorCount * prior.variances[g]) /
                       (explained.num_determined[g] + kPriorCount));
    }
    const double before = noise_variance_;
    const double num_free =
        std::max(static_cast<double>(features.rows()) - num_determined, 0.0);
    noise_variance_ =
        std::max(kMinVariance,
                 (explained.error_squares + kPriorCount * prior_noise) /
                     (num_free + kPriorCount));
    if (std::abs(noise_variance_ - before) < 1e-3 * before) break;
  }
}

Eigen::VectorXd LastLayer::VarianceByFeature() const {
  Eigen::VectorXd variances(0);
  for (size_t g = 0; g < groups_.sizes.size(); ++g) {
    const auto before = variances.size();
    variances.conservativeResize(before + groups_.sizes[g]);
    variances.tail(groups_.sizes[g]).setConstant(groups_.variances[g]);
  }
  return variances;
}

void LastLayer::Append(const Eigen::VectorXd& features, double target) {
  precision_.rankUpdate(features, 1 / noise_variance_);
  information_ += features * (target / noise_variance_);
  mean_ = precision_.solve(information_);
}

double LastLayer::Variance(const Eigen::VectorXd& features) const {
  return precision_.matrixL().solve(features).squaredNorm();
}

Eigen::VectorXd LastLayer::Sample(RandomStream& stream, double spread) const {
  Eigen::VectorXd deviation(mean_.size());
  for (double& value : deviation) value = stream.Normal(0, spread);
  return mean_ + precision_.matrixU().solve(deviation);
}

}  // namespace rankadaptor::surrogate
