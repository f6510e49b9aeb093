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

// What is tried for the relation of fidelities.
constexpr int kRelationSweeps = 2;
constexpr double kCorrelations[] = {
    0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.96, 0.98, 0.995};
constexpr double kNoiseRatios[] = {0.5, 1, 1.5, 2.5, 4, 8};
constexpr double kAmplitudes[] = {0.4, 0.55, 0.75, 1, 1.35, 1.8};

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
      scores_(Eigen::Map<const VectorXd>(data.scores.data(), num_rows_)),
      fidelities_(data.fidelities),
      all_full_(std::ranges::all_of(fidelities_, [](int f) { return f == 0; })),
      noise_ratios_(VectorXd::Ones(num_rows_)) {
  for (int i = 0; i < num_dimensions_; ++i) {
    num_levels_.push_back(structure.dimensions[i].num_levels);
    mains_.push_back(kernels[i].main);
    categories_.push_back(kernels[i].category);
  }
  for (auto [first, second] : parameters.pairs()) {
    partners_[first].push_back(second);
  }
  for (size_t i = 0, p = 0; i < partners_.size(); p += partners_[i++].size()) {
    first_pair_.push_back(p);
  }
  FillMainCodes(data);
  FillShared(structure, data);
  FillPairs(kernels);
  if (!all_full_) SetRelation({});
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

PairedValues MarginalLikelihood::PairsOf(int dimension,
                                         const Chunk& chunk) const {
  return {.values = chunk.data(),
          .num_entries = static_cast<size_t>(chunk.cols()),
          .dimension = dimension,
          .partners = partners_[dimension]};
}

void MarginalLikelihood::SetRelation(const FidelityRelation& relation) {
  if (all_full_) return;
  factors_.resize(num_entries_);
  offsets_.resize(num_entries_);
  Index entry = 0;
  for (int a = 0; a < num_rows_; ++a) {
    noise_ratios_[a] = relation.NoiseRatio(fidelities_[a]);
    for (int b = 0; b <= a; ++b, ++entry) {
      factors_[entry] = relation.Factor(fidelities_[a], fidelities_[b]);
      offsets_[entry] =
          FidelityRelation::Offset(fidelities_[a], fidelities_[b]);
    }
  }
}

MatrixXd MarginalLikelihood::Complete(const VectorXd& entries,
                                      double noise) const {
  MatrixXd covariance =
      all_full_ ? Unpack(entries, num_rows_)
                : Unpack(entries.cwiseProduct(factors_) + offsets_, num_rows_);
  covariance.diagonal() += noise * noise_ratios_;
  return covariance;
}

// Tries a few values of one number after another; the variances of the effects
// stay, so that the parts of the matrix do.
FidelityRelation MarginalLikelihood::BestRelation(
    const std::vector<double>& parameters) const {
  FidelityRelation best;
  if (all_full_) return best;
  const Variances variances = parameters_->ToVariances(parameters);
  const VectorXd entries = Assemble(variances);
  MarginalLikelihood trial = *this;
  auto misfit = [&](const FidelityRelation& relation) {
    trial.SetRelation(relation);
    const Eigen::LLT<MatrixXd> factor(trial.Complete(entries, variances.noise));
    if (factor.info() != Eigen::Success) return HUGE_VAL;
    return scores_.dot(factor.solve(scores_)) / 2 +
           factor.matrixLLT().diagonal().array().log().sum() +
           relation.Penalty();
  };
  double least = misfit(best);
  auto vary = [&](double FidelityRelation::*number,
                  std::span<const double> values) {
    for (double value : values) {
      FidelityRelation relation = best;
      relation.*number = value;
      const double found = misfit(relation);
      if (!(found < least)) continue;
      least = found;
      best = relation;
    }
  };
  for (int sweep = 0; sweep < kRelationSweeps; ++sweep) {
    vary(&FidelityRelation::correlation, kCorrelations);
    vary(&FidelityRelation::noise_ratio, kNoiseRatios);
    vary(&FidelityRelation::amplitude, kAmplitudes);
  }
  return best;
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
    for (int i = 0; i < num_dimensions_; ++i) {
      AddPairsTogether(PairsOf(i, pairs_[c]),
                       variances.pairs.data() + first_pair_[i],
                       entries.data() + c * kChunkSize);
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
    for (int i = 0; i < num_dimensions_; ++i) {
      AddPairDots(PairsOf(i, pairs_[c]),
                  weights.data() + c * kChunkSize,
                  derivatives.pairs.data() + first_pair_[i]);
    }
  }
  return derivatives;
}

bool MarginalLikelihood::Evaluate(const double* parameters,
                                  double* value,
                                  double* gradient) const {
  const std::span<const double> at(parameters, parameters_->size());
  const Variances variances = parameters_->ToVariances(at);
  const Eigen::LLT<MatrixXd> factor(
      Complete(Assemble(variances), variances.noise));
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
  VectorXd weights = PackDoubled(slope);
  if (!all_full_) weights = weights.cwiseProduct(factors_);
  Variances derivatives = Derivatives(weights, variances);
  derivatives.noise = slope.diagonal().dot(noise_ratios_);
  const std::vector<double> chained = parameters_->Chain(at, derivatives);
  for (int k = 0; k < parameters_->size(); ++k) {
    const double deviation = parameters_->prior_deviations()[k];
    gradient[k] = chained[k] + (at[k] - parameters_->prior_means()[k]) /
                                   (deviation * deviation);
  }
  return true;
}

}  // namespace rankadaptor::surrogate
