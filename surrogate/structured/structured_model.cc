#include "rankadaptor/surrogate/structured_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "surrogate/structured/covariance.h"
#include "surrogate/structured/growing_cholesky.h"
#include "surrogate/structured/marginal_likelihood.h"
#include "surrogate/structured/posterior_tables.h"
#include "surrogate/structured/row_selection.h"
#include "surrogate/structured/score_scale.h"
#include "surrogate/structured/variances.h"

namespace rankadaptor::surrogate {
namespace {

// More rows are not factored.
constexpr int kMaxRows = 1000;

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

struct StructuredModel::State {
  explicit State(const EffectStructure& s, StructuredModelOptions o)
      : structure(s), options(o), kernels(MakeAllLevelKernels(s)) {}

  size_t num_dimensions() const { return structure.dimensions.size(); }
  std::span<const int32_t> row(size_t r) const {
    return std::span(rows).subspan(r * num_dimensions(), num_dimensions());
  }
  std::span<const double> sources_of(size_t r) const {
    return std::span(source_values).subspan(r * sources.size(), sources.size());
  }

  std::vector<double> SourceValues(std::span<const int32_t> x) const;
  void StoreRow(std::span<const int32_t> x, double standardised);
  void LearnVariances();
  void Factor();
  std::vector<double> CovariancesWithRows(
      std::span<const int32_t> x, std::span<const double> x_sources) const;
  std::vector<double> MeanWeights() const;
  void AddSourceTables(std::span<const double> weights,
                       EffectTables& tables) const;
  EffectTables Compile(std::vector<double> weights, EffectTables base) const;

  const EffectStructure& structure;
  StructuredModelOptions options;
  std::vector<LevelKernels> kernels;
  std::vector<SourceKnowledge> sources;
  FactorPriors priors;

  ScoreScale scale;
  std::vector<int32_t> rows;          // [num_rows, num_dimensions]
  std::vector<double> scores;         // [num_rows], standardised
  std::vector<double> source_values;  // [num_rows, num_sources]
  std::optional<VarianceParameters> parameters;
  std::vector<double> learned;  // [parameters->size()]
  std::optional<Covariance> covariance;
  GrowingCholesky factor;           // of the rows' covariance with noise
  GrowingCholesky residual_factor;  // of their residual correlation
};

std::vector<double> StructuredModel::State::SourceValues(
    std::span<const int32_t> x) const {
  std::vector<double> values;
  for (const SourceKnowledge& source : sources) {
    values.push_back(Evaluate(source.mean, structure, x));
  }
  return values;
}

void StructuredModel::State::StoreRow(std::span<const int32_t> x,
                                      double standardised) {
  rows.insert(rows.end(), x.begin(), x.end());
  scores.push_back(standardised);
  for (double value : SourceValues(x)) source_values.push_back(value);
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
  }
  const MarginalLikelihood likelihood(structure, kernels, *parameters, data);
  learned = Minimise(likelihood, parameters->prior_means(), kFitIterations);
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
    for (Eigen::Index b = 0; b <= a; ++b) {
      full(a, b) =
          covariance->Between(row(a), row(b), sources_of(a), sources_of(b));
      residual(a, b) = ResidualCorrelation(structure, row(a), row(b));
    }
    full(a, a) += covariance->variances().noise;
  }
  factor.Reset(std::move(full));
  residual_factor.Reset(std::move(residual));
}

std::vector<double> StructuredModel::State::CovariancesWithRows(
    std::span<const int32_t> x, std::span<const double> x_sources) const {
  std::vector<double> covariances(factor.size());
  for (size_t r = 0; r < covariances.size(); ++r) {
    covariances[r] = covariance->Between(x, row(r), x_sources, sources_of(r));
  }
  return covariances;
}

// (K + noise)^-1 scores.
std::vector<double> StructuredModel::State::MeanWeights() const {
  std::vector<double> weights(scores.begin(), scores.end());
  factor.SolveLower(weights);
  factor.SolveUpper(weights);
  return weights;
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

// base + x -> sum over r of weights[r] * covariance(x, row r).
EffectTables StructuredModel::State::Compile(std::vector<double> weights,
                                             EffectTables base) const {
  AddPosteriorTables(*covariance, rows, weights, base);
  AddSourceTables(weights, base);
  if (options.with_residual) {
    for (double& weight : weights) weight *= covariance->variances().residual;
    base.residual_weights = std::move(weights);
    base.residual_rows = rows;
  }
  return base;
}

StructuredModel::StructuredModel(const EffectStructure& structure,
                                 StructuredModelOptions options)
    : state_(std::make_unique<State>(structure, options)) {}
StructuredModel::StructuredModel(StructuredModel&&) noexcept = default;
StructuredModel& StructuredModel::operator=(StructuredModel&&) noexcept =
    default;
StructuredModel::~StructuredModel() = default;

void StructuredModel::SetSources(std::vector<SourceKnowledge> sources) {
  state_->sources = std::move(sources);
  if (state_->sources.empty()) return;
  const double share = 1 / static_cast<double>(state_->sources.size());
  FactorPriors& priors = state_->priors;
  priors.dimensions.assign(state_->num_dimensions(), 0.0);
  priors.pairs.assign(
      state_->num_dimensions() * (state_->num_dimensions() - 1) / 2, 0.0);
  for (const SourceKnowledge& source : state_->sources) {
    for (size_t i = 0; i < priors.dimensions.size(); ++i) {
      priors.dimensions[i] += share * source.dimension_factors[i];
    }
    for (size_t p = 0; p < priors.pairs.size(); ++p) {
      priors.pairs[p] += share * source.pair_factors[p];
    }
  }
}

void StructuredModel::Fit(std::span<const int32_t> rows,
                          std::span<const double> scores) {
  State& s = *state_;
  s.scale = ScoreScale(scores);
  s.rows.clear();
  s.scores.clear();
  s.source_values.clear();
  const size_t d = s.num_dimensions();
  for (int r : SelectRows(scores, kMaxRows)) {
    s.StoreRow(rows.subspan(r * d, d), s.scale.Standardise(scores[r]));
  }
  s.LearnVariances();
  s.Factor();
}

void StructuredModel::Append(std::span<const int32_t> row, double score) {
  State& s = *state_;
  const std::vector<double> sources = s.SourceValues(row);
  const std::vector<double> covariances = s.CovariancesWithRows(row, sources);
  std::vector<double> correlations(covariances.size());
  for (size_t r = 0; r < correlations.size(); ++r) {
    correlations[r] = ResidualCorrelation(s.structure, row, s.row(r));
  }
  s.factor.Append(covariances,
                  s.covariance->Between(row, row, sources, sources) +
                      s.covariance->variances().noise);
  s.residual_factor.Append(correlations, 1);
  s.StoreRow(row, s.scale.Standardise(score));
}

void StructuredModel::AppendPending(std::span<const int32_t> row) {
  const double mean = Predict(row).mean;
  Append(row, 0);
  state_->scores.back() = mean;
}

void StructuredModel::Truncate(int num_rows) {
  State& s = *state_;
  s.factor.Truncate(num_rows);
  s.residual_factor.Truncate(num_rows);
  s.rows.resize(num_rows * s.num_dimensions());
  s.scores.resize(num_rows);
  s.source_values.resize(num_rows * s.sources.size());
}

int StructuredModel::num_rows() const { return state_->factor.size(); }

std::span<const int32_t> StructuredModel::row(int index) const {
  return state_->row(index);
}

std::vector<int> StructuredModel::BestRows(int count) const {
  const State& s = *state_;
  // At the rows themselves the mean is the score less what noise explains.
  std::vector<double> means = s.MeanWeights();
  for (size_t r = 0; r < means.size(); ++r) {
    means[r] = s.scores[r] - s.covariance->variances().noise * means[r];
  }
  std::vector<int> order(means.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(
      order, std::greater<>(), [&](int r) { return means[r]; });
  std::vector<int> best;
  for (int r : order) {
    if (static_cast<int>(best.size()) == count) break;
    const bool repeated = std::ranges::any_of(best, [&](int other) {
      return std::ranges::equal(s.row(r), s.row(other));
    });
    if (!repeated) best.push_back(r);
  }
  return best;
}

EffectTables StructuredModel::MeanTables() const {
  return state_->Compile(state_->MeanWeights(), ZeroTables(state_->structure));
}

// Matheron's rule: a function of the prior, corrected by what the rows say
// about its difference to the scores.
EffectTables StructuredModel::SampleTables(uint64_t seed, double spread) const {
  const State& s = *state_;
  RandomStream stream(seed);
  EffectTables prior = SamplePriorTables(*s.covariance, stream);
  const Variances& variances = s.covariance->variances();
  for (const SourceKnowledge& source : s.sources) {
    AddTables(
        source.mean, std::sqrt(variances.source) * stream.Normal(0, 1), prior);
  }
  std::vector<double> residual(s.scores.size());
  for (double& value : residual) value = stream.Normal(0, 1);
  s.residual_factor.MultiplyLower(residual);
  std::vector<double> weights(s.scores.size());
  for (size_t r = 0; r < weights.size(); ++r) {
    const double sampled = Evaluate(prior, s.structure, s.row(r)) +
                           std::sqrt(variances.residual) * residual[r] +
                           std::sqrt(variances.noise) * stream.Normal(0, 1);
    weights[r] = s.scores[r] - spread * sampled;
  }
  s.factor.SolveLower(weights);
  s.factor.SolveUpper(weights);
  EffectTables base = ZeroTables(s.structure);
  AddTables(prior, spread, base);
  return s.Compile(std::move(weights), std::move(base));
}

Prediction StructuredModel::Predict(std::span<const int32_t> row) const {
  const State& s = *state_;
  const std::vector<double> covariances =
      s.CovariancesWithRows(row, s.SourceValues(row));
  const std::vector<double> weights = s.MeanWeights();
  Prediction prediction{.deviation = Deviation(row)};
  for (size_t r = 0; r < weights.size(); ++r) {
    prediction.mean += weights[r] * covariances[r];
  }
  return prediction;
}

double StructuredModel::Deviation(std::span<const int32_t> row) const {
  const State& s = *state_;
  const std::vector<double> sources = s.SourceValues(row);
  std::vector<double> solved = s.CovariancesWithRows(row, sources);
  s.factor.SolveLower(solved);
  double variance = s.covariance->Between(row, row, sources, sources);
  for (double value : solved) variance -= value * value;
  return std::sqrt(std::max(variance, 0.0));
}

double StructuredModel::ToScore(double standardised) const {
  return state_->scale.Restore(standardised);
}

VarianceShares StructuredModel::shares() const {
  const Variances& variances = state_->covariance->variances();
  return {.signal = state_->covariance->SignalVariance(),
          .residual = variances.residual,
          .noise = variances.noise};
}

SourceKnowledge StructuredModel::Knowledge() const {
  const State& s = *state_;
  SourceKnowledge knowledge;
  knowledge.mean = MeanTables();
  const auto factors = std::span(s.learned).subspan(kNumShared);
  const size_t d = s.num_dimensions();
  knowledge.dimension_factors.assign(factors.begin(), factors.begin() + d);
  knowledge.pair_factors.assign(d * (d - 1) / 2, 0.0);
  for (size_t p = 0; p < s.parameters->pairs().size(); ++p) {
    knowledge.pair_factors[PairIndex(s.parameters->pairs()[p],
                                     static_cast<int>(d))] = factors[d + p];
  }
  return knowledge;
}

}  // namespace rankadaptor::surrogate
