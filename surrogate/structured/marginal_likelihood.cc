#include "surrogate/structured/marginal_likelihood.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <Eigen/Cholesky>

#include "surrogate/structured/covariance.h"

namespace rankadaptor::surrogate {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index kChunkSize = 1024;

std::span<const int32_t> Row(const ScoredRows& data, int d, int r) {
  return std::span(data.levels).subspan(static_cast<size_t>(r) * d, d);
}

// The lower triangle, row by row, to a symmetric matrix's lower half.
MatrixXd Unpack(const VectorXd& entries, int n) {
  MatrixXd matrix(n, n);
  for (Index r = 0, start = 0; r < n; start += ++r) {
    matrix.row(r).head(r + 1) = entries.segment(start, r + 1).transpose();
  }
  return matrix;
}

// Weights w with trace(A K) = sum over the packed entries of w * K.
VectorXd PackDoubled(const MatrixXd& symmetric) {
  const Index n = symmetric.rows();
  VectorXd entries(n * (n + 1) / 2);
  for (Index r = 0, start = 0; r < n; start += ++r) {
    entries.segment(start, r) = 2 * symmetric.col(r).head(r);
    entries[start + r] = symmetric(r, r);
  }
  return entries;
}

}  // namespace

MarginalLikelihood::MarginalLikelihood(const EffectStructure& structure,
                                       const std::vector<LevelKernels>& kernels,
                                       const VarianceParameters& parameters,
                                       const ScoredRows& data)
    : parameters_(&parameters),
      num_dimensions_(static_cast<int>(structure.dimensions.size())),
      num_rows_(static_cast<int>(data.scores.size())),
      num_entries_(static_cast<Index>(num_rows_) * (num_rows_ + 1) / 2),
      partners_(num_dimensions_),
      scores_(Eigen::Map<const VectorXd>(data.scores.data(), num_rows_)) {
  for (int i = 0; i < num_dimensions_; ++i) {
    num_levels_.push_back(structure.dimensions[i].num_levels);
    mains_.push_back(kernels[i].main);
    categories_.push_back(kernels[i].category);
  }
  for (size_t p = 0; p < parameters.pairs().size(); ++p) {
    const auto [first, second] = parameters.pairs()[p];
    partners_[first].emplace_back(second, p);
  }
  FillMainCodes(data);
  FillShared(structure, data);
  FillPairs(kernels);
}

void MarginalLikelihood::FillMainCodes(const ScoredRows& data) {
  const int d = num_dimensions_;
  codes_.resize(d);
  for (int i = 0; i < d; ++i) {
    codes_[i].reserve(num_entries_);
    for (int a = 0; a < num_rows_; ++a) {
      for (int b = 0; b <= a; ++b) {
        codes_[i].push_back(static_cast<uint32_t>(
            data.levels[a * d + i] * num_levels_[i] + data.levels[b * d + i]));
      }
    }
  }
}

void MarginalLikelihood::FillShared(const EffectStructure& structure,
                                    const ScoredRows& data) {
  const std::vector<double> by_difference = GlobalCovariance(structure);
  std::vector<int> sums;
  for (int a = 0; a < num_rows_; ++a) {
    sums.push_back(GlobalSum(structure, Row(data, num_dimensions_, a)));
  }
  global_.resize(num_entries_);
  residual_.resize(num_entries_);
  source_.setZero(num_entries_);
  for (int a = 0, entry = 0; a < num_rows_; ++a) {
    for (int b = 0; b <= a; ++b, ++entry) {
      global_[entry] = by_difference[std::abs(sums[a] - sums[b])];
      residual_[entry] = ResidualCorrelation(structure,
                                             Row(data, num_dimensions_, a),
                                             Row(data, num_dimensions_, b));
      if (data.sources.cols() > 0) {
        source_[entry] = data.sources.row(a).dot(data.sources.row(b));
      }
    }
  }
}

void MarginalLikelihood::FillPairs(const std::vector<LevelKernels>& kernels) {
  for (Index start = 0; start < num_entries_; start += kChunkSize) {
    const Index size = std::min(kChunkSize, num_entries_ - start);
    Chunk& chunk = pairs_.emplace_back(num_dimensions_, size);
    for (int i = 0; i < num_dimensions_; ++i) {
      const double* kernel = kernels[i].pair.data();  // symmetric
      for (Index t = 0; t < size; ++t) {
        chunk(i, t) = kernel[codes_[i][start + t]];
      }
    }
  }
}

VectorXd MarginalLikelihood::Assemble(const Variances& variances) const {
  VectorXd entries = VectorXd::Constant(num_entries_, kConstantVariance) +
                     variances.global * global_ +
                     variances.residual * residual_ +
                     variances.source * source_;
  for (int i = 0; i < num_dimensions_; ++i) {
    const MatrixXd main =
        variances.main[i] * mains_[i] + variances.category[i] * categories_[i];
    for (Index t = 0; t < num_entries_; ++t) {
      entries[t] += main.data()[codes_[i][t]];
    }
  }
  for (size_t c = 0; c < pairs_.size(); ++c) {
    const Chunk& chunk = pairs_[c];
    auto part = entries.segment(c * kChunkSize, chunk.cols());
    Eigen::RowVectorXd sum(chunk.cols());
    for (int i = 0; i < num_dimensions_; ++i) {
      if (partners_[i].empty()) continue;
      sum.setZero();
      for (auto [j, p] : partners_[i]) {
        sum += variances.pairs[p] * chunk.row(j);
      }
      part += chunk.row(i).cwiseProduct(sum).transpose();
    }
  }
  return entries;
}

Variances MarginalLikelihood::Derivatives(const VectorXd& weights,
                                          const Variances& variances) const {
  Variances derivatives;
  derivatives.global = weights.dot(global_);
  derivatives.residual = weights.dot(residual_);
  derivatives.source = weights.dot(source_);
  derivatives.pairs.assign(variances.pairs.size(), 0.0);
  for (int i = 0; i < num_dimensions_; ++i) {
    MatrixXd sums = MatrixXd::Zero(num_levels_[i], num_levels_[i]);
    for (Index t = 0; t < num_entries_; ++t) {
      sums.data()[codes_[i][t]] += weights[t];
    }
    derivatives.main.push_back(sums.cwiseProduct(mains_[i]).sum());
    derivatives.category.push_back(sums.cwiseProduct(categories_[i]).sum());
  }
  for (size_t c = 0; c < pairs_.size(); ++c) {
    const Chunk& chunk = pairs_[c];
    const auto part = weights.segment(c * kChunkSize, chunk.cols()).transpose();
    for (int i = 0; i < num_dimensions_; ++i) {
      if (partners_[i].empty()) continue;
      const Eigen::RowVectorXd weighted = chunk.row(i).cwiseProduct(part);
      for (auto [j, p] : partners_[i]) {
        derivatives.pairs[p] += weighted.dot(chunk.row(j));
      }
    }
  }
  return derivatives;
}

bool MarginalLikelihood::Evaluate(const double* parameters,
                                  double* value,
                                  double* gradient) const {
  const std::span<const double> at(parameters, parameters_->size());
  const Variances variances = parameters_->ToVariances(at);
  MatrixXd covariance = Unpack(Assemble(variances), num_rows_);
  covariance.diagonal().array() += variances.noise;
  const Eigen::LLT<MatrixXd> factor(covariance);
  if (factor.info() != Eigen::Success) return false;
  const VectorXd solved = factor.solve(scores_);
  *value = scores_.dot(solved) / 2 +
           factor.matrixLLT().diagonal().array().log().sum();
  for (int k = 0; k < parameters_->size(); ++k) {
    const double offset = (at[k] - parameters_->prior_means()[k]) /
                          parameters_->prior_deviations()[k];
    *value += offset * offset / 2;
  }
  if (!std::isfinite(*value)) return false;
  if (gradient == nullptr) return true;
  MatrixXd slope = factor.solve(MatrixXd::Identity(num_rows_, num_rows_));
  slope = (slope - solved * solved.transpose()) / 2;
  Variances derivatives = Derivatives(PackDoubled(slope), variances);
  derivatives.noise = slope.trace();
  const std::vector<double> chained = parameters_->Chain(at, derivatives);
  for (int k = 0; k < parameters_->size(); ++k) {
    const double deviation = parameters_->prior_deviations()[k];
    gradient[k] = chained[k] + (at[k] - parameters_->prior_means()[k]) /
                                   (deviation * deviation);
  }
  return true;
}

}  // namespace rankadaptor::surrogate
