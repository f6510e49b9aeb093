#include "surrogate/structured/structured_state.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "surrogate/structured/marginal_likelihood.h"
#include "surrogate/structured/posterior_tables.h"
#include "surrogate/structured/row_selection.h"

namespace rankadaptor::surrogate {
namespace {

// More rows do not take part in learning the variances; fewer where there are
// so many dimensions that these numbers would not stay in the processor's
// cache.
constexpr int kMaxFitRows = 300;
constexpr int64_t kMaxFitNumbers = 4'000'000;

constexpr int kFitIterations = 20;

int NumFitRows(int num_rows, int num_dimensions) {
  const double entries =
      static_cast<double>(kMaxFitNumbers) / std::max(num_dimensions, 1);
  const int most = static_cast<int>(std::sqrt(2 * entries));
  return std::min({num_rows, kMaxFitRows, most});
}

}  // namespace

std::vector<double> StructuredModel::State::SourceValues(
    std::span<const int32_t> x) const {
  std::vector<double> values;
  for (const SourceKnowledge& source : sources) {
    values.push_back(Evaluate(source.mean, structure, x));
  }
  return values;
}

void StructuredModel::State::StoreRow(std::span<const int32_t> x,
                                      double standardised,
                                      int fidelity) {
  fidelities.push_back(fidelity);
  rows.insert(rows.end(), x.begin(), x.end());
  scores.push_back(standardised);
  for (double value : SourceValues(x)) source_values.push_back(value);
}

// One scale for all fidelities: their means are brought together first.
void StructuredModel::State::SetScale(std::span<const double> all_scores,
                                      std::span<const int> levels) {
  shifts.clear();
  if (std::ranges::all_of(levels, [](int level) { return level == 0; })) {
    scale = ScoreScale(all_scores);
    return;
  }
  const auto num_levels = static_cast<size_t>(std::ranges::max(levels)) + 1;
  std::vector<double> means(num_levels, 0.0);
  std::vector<double> counts(num_levels, 0.0);
  for (int level : levels) ++counts[level];
  for (size_t r = 0; r < all_scores.size(); ++r) {
    means[levels[r]] += all_scores[r] / counts[levels[r]];
  }
  for (size_t level = 0; level < num_levels; ++level) {
    // Without a full measurement there is nothing to be brought to.
    const bool known = counts[level] > 0 && counts[0] > 0;
    shifts.push_back(known ? means[level] - means[0] : 0);
  }
  std::vector<double> shifted;
  for (size_t r = 0; r < all_scores.size(); ++r) {
    shifted.push_back(all_scores[r] - shifts[levels[r]]);
  }
  scale = ScoreScale(shifted);
}

double StructuredModel::State::Standardise(double score, int fidelity) const {
  const auto level = static_cast<size_t>(fidelity);
  return scale.Standardise(level < shifts.size() ? score - shifts[level]
                                                 : score);
}

void StructuredModel::State::LearnVariances() {
  parameters.emplace(
      structure, SelectPairs(structure, rows, scores), priors, options);
  const int num_fitted = NumFitRows(static_cast<int>(scores.size()),
                                    static_cast<int>(num_dimensions()));
  ScoredRows data;
  data.sources.resize(num_fitted, static_cast<Eigen::Index>(sources.size()));
  for (int r : SelectEvenly(static_cast<int>(scores.size()), num_fitted)) {
    const std::span<const double> values = sources_of(r);
    for (size_t t = 0; t < values.size(); ++t) {
      data.sources(static_cast<Eigen::Index>(data.scores.size()),
                   static_cast<Eigen::Index>(t)) = values[t];
    }
    data.levels.insert(data.levels.end(), row(r).begin(), row(r).end());
    data.scores.push_back(scores[r]);
    data.fidelities.push_back(fidelities[r]);
  }
  MarginalLikelihood likelihood(structure, kernels, *parameters, data);
  learned = Minimise(likelihood, parameters->prior_means(), kFitIterations);
  relation = FidelityRelation();
  if (std::ranges::all_of(fidelities, [](int f) { return f == 0; })) return;
  relation = likelihood.BestRelation(learned);
  likelihood.SetRelation(relation);
  learned = Minimise(likelihood, learned, kFitIterations / 2);
}

double StructuredModel::State::CovarianceOf(double between,
                                            int fidelity_a,
                                            int fidelity_b) const {
  if (fidelity_a == 0 && fidelity_b == 0) return between;
  return relation.Factor(fidelity_a, fidelity_b) * between +
         FidelityRelation::Offset(fidelity_a, fidelity_b);
}

void StructuredModel::State::Factor() {
  covariance.emplace(structure,
                     kernels,
                     parameters->pairs(),
                     parameters->ToVariances(learned));
  const auto n = static_cast<Eigen::Index>(scores.size());
  Eigen::MatrixXd full(n, n);
  Eigen::MatrixXd residual(n, n);
  for (Eigen::Index a = 0; a < n; ++a) {
    const auto upto = static_cast<size_t>(a) + 1;
    const std::vector<double> residuals = ResidualCorrelations(
        structure, row(a), std::span(rows).first(upto * num_dimensions()));
    const std::vector<double> covariances =
        Covariances(row(a), sources_of(a), fidelities[a], residuals);
    for (Eigen::Index b = 0; b <= a; ++b) {
      full(a, b) = covariances[b];
      residual(a, b) = residuals[b];
    }
    full(a, a) +=
        relation.NoiseRatio(fidelities[a]) * covariance->variances().noise;
  }
  factor.Reset(std::move(full));
  residual_factor.Reset(std::move(residual));
  projected.clear();
  ForgetPosterior();
}

// With as many rows as there are residual correlations.
std::vector<double> StructuredModel::State::Covariances(
    std::span<const int32_t> x,
    std::span<const double> x_sources,
    int fidelity,
    std::span<const double> residuals) const {
  const size_t n = residuals.size();
  std::vector<double> covariances =
      covariance->WithRows(x,
                           std::span(rows).first(n * num_dimensions()),
                           residuals,
                           x_sources,
                           source_values);
  for (size_t r = 0; r < n; ++r) {
    covariances[r] = CovarianceOf(covariances[r], fidelity, fidelities[r]);
  }
  return covariances;
}

const RowBeside& StructuredModel::State::SetBeside(std::span<const int32_t> x,
                                                   int fidelity) const {
  if (beside && beside->fidelity == fidelity &&
      std::ranges::equal(beside->row, x)) {
    return *beside;
  }
  const std::vector<double> x_sources = SourceValues(x);
  RowBeside& b = beside.emplace();
  b.row.assign(x.begin(), x.end());
  b.fidelity = fidelity;
  b.residuals = ResidualCorrelations(structure, x, rows);
  b.covariances = Covariances(x, x_sources, fidelity, b.residuals);
  b.solved = b.covariances;
  factor.SolveLower(b.solved);
  b.variance = CovarianceOf(
      covariance->Between(x, x, x_sources, x_sources), fidelity, fidelity);
  return b;
}

void StructuredModel::State::Append(std::span<const int32_t> x,
                                    double standardised,
                                    int fidelity) {
  const RowBeside& b = SetBeside(x, fidelity);
  factor.AppendSolved(b.solved,
                      b.variance + relation.NoiseRatio(fidelity) *
                                       covariance->variances().noise);
  residual_factor.Append(b.residuals, 1);
  StoreRow(x, standardised, fidelity);
  ForgetPosterior();
}

void StructuredModel::State::Truncate(int num_rows) {
  if (num_rows == factor.size()) return;
  factor.Truncate(num_rows);
  residual_factor.Truncate(num_rows);
  rows.resize(num_rows * num_dimensions());
  scores.resize(num_rows);
  fidelities.resize(num_rows);
  source_values.resize(num_rows * sources.size());
  projected.resize(std::min(projected.size(), scores.size()));
  ForgetPosterior();
}

// The rows have changed.
void StructuredModel::State::ForgetPosterior() {
  mean_weights.reset();
  mean_tables.reset();
  beside.reset();
}

// (K + noise)^-1 scores.
const std::vector<double>& StructuredModel::State::MeanWeights() const {
  if (mean_weights) return *mean_weights;
  const size_t num_projected = projected.size();
  projected.insert(
      projected.end(), scores.begin() + num_projected, scores.end());
  factor.SolveLowerFrom(static_cast<int>(num_projected), projected);
  mean_weights = projected;
  factor.SolveUpper(*mean_weights);
  return *mean_weights;
}

const EffectTables& StructuredModel::State::MeanTables() const {
  if (!mean_tables) {
    mean_tables = Compile(MeanWeights(), ZeroTables(structure));
  }
  return *mean_tables;
}

// What the weights of the rows make of the sources' coefficients.
void StructuredModel::State::AddSourceTables(std::span<const double> weights,
                                             EffectTables& tables) const {
  for (size_t t = 0; t < sources.size(); ++t) {
    double coefficient = 0;
    for (size_t r = 0; r < weights.size(); ++r) {
      coefficient += weights[r] * source_values[r * sources.size() + t];
    }
    AddTables(
        sources[t].mean, covariance->variances().source * coefficient, tables);
  }
}

// base + x -> sum over r of weights[r] * covariance(x in full, row r).
EffectTables StructuredModel::State::Compile(std::vector<double> weights,
                                             EffectTables base) const {
  for (size_t r = 0; r < weights.size(); ++r) {
    if (fidelities[r] > 0) weights[r] *= relation.Factor(0, fidelities[r]);
  }
  AddPosteriorTables(*covariance, rows, weights, base);
  AddSourceTables(weights, base);
  if (options.with_residual) {
    for (double& weight : weights) weight *= covariance->variances().residual;
    base.residual_weights = std::move(weights);
    base.residual_rows = rows;
  }
  return base;
}

// In full. Where a row was measured in full, that is the score less what noise
// explains.
std::vector<double> StructuredModel::State::MeansAtRows() const {
  std::vector<double> means = MeanWeights();
  for (size_t r = 0; r < means.size(); ++r) {
    means[r] = fidelities[r] > 0
                   ? Evaluate(MeanTables(), structure, row(r))
                   : scores[r] - covariance->variances().noise * means[r];
  }
  return means;
}

StructuredModel::State::PriorSample StructuredModel::State::SamplePrior(
    RandomStream& stream) const {
  PriorSample sample{SamplePriorTables(*covariance, stream),
                     std::vector<double>(scores.size())};
  const Variances& variances = covariance->variances();
  for (const SourceKnowledge& source : sources) {
    AddTables(source.mean,
              std::sqrt(variances.source) * stream.Normal(0, 1),
              sample.tables);
  }
  for (double& value : sample.residual) value = stream.Normal(0, 1);
  residual_factor.MultiplyLower(sample.residual);
  for (double& value : sample.residual) value *= std::sqrt(variances.residual);
  return sample;
}

// What a sample of the prior has at the rows as they were measured, noise not
// counted: see FidelityRelation.
std::vector<double> StructuredModel::State::AtRows(const PriorSample& full,
                                                   RandomStream& stream) const {
  std::vector<double> chain(scores.size());
  std::vector<double> values(scores.size());
  const int last = fidelities.empty() ? 0 : std::ranges::max(fidelities);
  for (int level = 0; level <= last; ++level) {
    const bool whole = level == 0;
    const PriorSample own = whole ? full : SamplePrior(stream);
    const double kept = whole ? 0 : relation.correlation;
    const double fresh = std::sqrt(1 - kept * kept);
    const double offset = std::sqrt(FidelityRelation::Offset(level, level)) *
                          (whole ? 0 : stream.Normal(0, 1));
    for (size_t r = 0; r < chain.size(); ++r) {
      chain[r] =
          kept * chain[r] +
          fresh * (Evaluate(own.tables, structure, row(r)) + own.residual[r]);
      if (fidelities[r] != level) continue;
      values[r] = std::pow(relation.amplitude, level) * chain[r] + offset;
    }
  }
  return values;
}

}  // namespace rankadaptor::surrogate
