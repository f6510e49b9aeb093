#include "surrogate/structured/posterior_tables.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

namespace rankadaptor::surrogate {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using RowMajorMap = Eigen::Map<
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

MatrixXd RandomMatrix(RandomStream& stream,
                      Eigen::Index rows,
                      Eigen::Index columns) {
  MatrixXd matrix(rows, columns);
  for (double& entry : matrix.reshaped()) entry = stream.Normal(0, 1);
  return matrix;
}

void AddMain(const Covariance& covariance,
             std::span<const int32_t> rows,
             std::span<const double> weights,
             int dimension,
             std::vector<double>& table) {
  const MatrixXd& kernel = covariance.main(dimension);
  const size_t d = covariance.structure().dimensions.size();
  VectorXd sums = VectorXd::Zero(kernel.rows());
  for (size_t r = 0; r < weights.size(); ++r) {
    sums[rows[r * d + dimension]] += weights[r];
  }
  Eigen::Map<VectorXd>(table.data(), kernel.rows()) += kernel * sums;
}

PairTable MakePair(const Covariance& covariance,
                   const Covariance::Pair& pair,
                   std::span<const int32_t> rows,
                   std::span<const double> weights) {
  const MatrixXd& first = covariance.kernels(pair.first).pair;
  const MatrixXd& second = covariance.kernels(pair.second).pair;
  const size_t d = covariance.structure().dimensions.size();
  MatrixXd sums = MatrixXd::Zero(first.rows(), second.rows());
  for (size_t r = 0; r < weights.size(); ++r) {
    sums(rows[r * d + pair.first], rows[r * d + pair.second]) += weights[r];
  }
  PairTable table{pair.first, pair.second, {}};
  table.values.resize(sums.size());
  RowMajorMap(table.values.data(), sums.rows(), sums.cols()) =
      pair.variance * (first * sums * second);
  return table;
}

void AddGlobal(const Covariance& covariance,
               std::span<const int32_t> rows,
               std::span<const double> weights,
               std::vector<double>& table) {
  const EffectStructure& structure = covariance.structure();
  const size_t d = structure.dimensions.size();
  std::vector<double> sums(table.size(), 0.0);
  for (size_t r = 0; r < weights.size(); ++r) {
    sums[GlobalSum(structure, rows.subspan(r * d, d))] += weights[r];
  }
  for (size_t s = 0; s < sums.size(); ++s) {
    if (sums[s] == 0) continue;
    for (size_t t = 0; t < table.size(); ++t) {
      table[t] += sums[s] * covariance.global()[t > s ? t - s : s - t];
    }
  }
}

// A smooth random function of the sum: cosines with random frequencies from the
// covariance's spectral density (random Fourier features).
void AddRandomGlobal(const Covariance& covariance,
                     RandomStream& stream,
                     std::vector<double>& table) {
  constexpr int kNumFeatures = 64;
  const double variance = covariance.variances().global;
  const double length = GlobalLength(covariance.structure());
  for (int f = 0; f < kNumFeatures; ++f) {
    const double frequency = stream.Normal(0, 1) / length;
    const double phase = stream.UniformReal(0, 2 * M_PI);
    const double amplitude =
        std::sqrt(2 * variance / kNumFeatures) * stream.Normal(0, 1);
    for (size_t s = 0; s < table.size(); ++s) {
      table[s] +=
          amplitude * std::cos(frequency * static_cast<double>(s) + phase);
    }
  }
}

}  // namespace

void AddPosteriorTables(const Covariance& covariance,
                        std::span<const int32_t> rows,
                        std::span<const double> weights,
                        EffectTables& tables) {
  EffectTables added = ZeroTables(covariance.structure());
  for (double weight : weights) added.constant += kConstantVariance * weight;
  for (size_t i = 0; i < added.mains.size(); ++i) {
    AddMain(covariance, rows, weights, static_cast<int>(i), added.mains[i]);
  }
  for (const Covariance::Pair& pair : covariance.pairs()) {
    added.pairs.push_back(MakePair(covariance, pair, rows, weights));
  }
  AddGlobal(covariance, rows, weights, added.global);
  AddTables(added, 1, tables);
}

EffectTables SamplePriorTables(const Covariance& covariance,
                               RandomStream& stream) {
  EffectTables tables = ZeroTables(covariance.structure());
  tables.constant = std::sqrt(kConstantVariance) * stream.Normal(0, 1);
  for (size_t i = 0; i < tables.mains.size(); ++i) {
    const LevelKernels& kernels = covariance.kernels(static_cast<int>(i));
    Eigen::Map<VectorXd> main(tables.mains[i].data(), kernels.main.rows());
    main += std::sqrt(covariance.variances().main[i]) * kernels.main_root *
            RandomMatrix(stream, kernels.main_root.cols(), 1);
    main += std::sqrt(covariance.variances().category[i]) *
            kernels.category_root *
            RandomMatrix(stream, kernels.category_root.cols(), 1);
  }
  for (const Covariance::Pair& pair : covariance.pairs()) {
    const MatrixXd& first = covariance.kernels(pair.first).pair_root;
    const MatrixXd& second = covariance.kernels(pair.second).pair_root;
    PairTable table{pair.first, pair.second, {}};
    table.values.resize(first.rows() * second.rows());
    RowMajorMap(table.values.data(), first.rows(), second.rows()) =
        std::sqrt(pair.variance) * first *
        RandomMatrix(stream, first.cols(), second.cols()) * second.transpose();
    tables.pairs.push_back(std::move(table));
  }
  AddRandomGlobal(covariance, stream, tables.global);
  return tables;
}

}  // namespace rankadaptor::surrogate
