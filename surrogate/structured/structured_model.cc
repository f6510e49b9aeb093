#include "rankadaptor/surrogate/structured_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "surrogate/structured/row_selection.h"
#include "surrogate/structured/structured_state.h"

namespace rankadaptor::surrogate {
namespace {

// More rows are not factored.
constexpr int kMaxRows = 1000;

}  // namespace

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
                          std::span<const double> scores,
                          std::span<const int> fidelities) {
  State& s = *state_;
  s.SetScale(scores, fidelities);
  s.fidelities.clear();
  s.rows.clear();
  s.scores.clear();
  s.source_values.clear();
  const size_t d = s.num_dimensions();
  std::vector<double> standardised;
  for (size_t r = 0; r < scores.size(); ++r) {
    standardised.push_back(
        s.Standardise(scores[r], fidelities.empty() ? 0 : fidelities[r]));
  }
  for (int r : SelectRows(standardised, kMaxRows)) {
    s.StoreRow(rows.subspan(r * d, d),
               standardised[r],
               fidelities.empty() ? 0 : fidelities[r]);
  }
  s.LearnVariances();
  s.Factor();
}

void StructuredModel::Append(std::span<const int32_t> row,
                             double score,
                             int fidelity) {
  state_->Append(row, state_->Standardise(score, fidelity), fidelity);
}

void StructuredModel::AppendPending(std::span<const int32_t> row,
                                    int fidelity) {
  state_->Append(row, Predict(row, fidelity).mean, fidelity);
}

void StructuredModel::Truncate(int num_rows) { state_->Truncate(num_rows); }

int StructuredModel::num_rows() const { return state_->factor.size(); }

std::span<const int32_t> StructuredModel::row(int index) const {
  return state_->row(index);
}

std::vector<int> StructuredModel::BestRows(int count) const {
  const State& s = *state_;
  const std::vector<double> means = s.MeansAtRows();
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

const EffectTables& StructuredModel::MeanTables() const {
  return state_->MeanTables();
}

// Matheron's rule: a function of the prior, corrected by what the rows say
// about its difference to the scores.
EffectTables StructuredModel::SampleTables(uint64_t seed, double spread) const {
  const State& s = *state_;
  RandomStream stream(seed);
  const State::PriorSample prior = s.SamplePrior(stream);
  std::vector<double> weights = s.AtRows(prior, stream);
  for (size_t r = 0; r < weights.size(); ++r) {
    const double sampled =
        weights[r] +
        std::sqrt(NoiseVariance(s.fidelities[r])) * stream.Normal(0, 1);
    weights[r] = s.scores[r] - spread * sampled;
  }
  s.factor.SolveLower(weights);
  s.factor.SolveUpper(weights);
  EffectTables base = ZeroTables(s.structure);
  AddTables(prior.tables, spread, base);
  return s.Compile(std::move(weights), std::move(base));
}

Prediction StructuredModel::Predict(std::span<const int32_t> row,
                                    int fidelity) const {
  const std::vector<double>& covariances =
      state_->SetBeside(row, fidelity).covariances;
  const std::vector<double>& weights = state_->MeanWeights();
  Prediction prediction{.deviation = Deviation(row, fidelity)};
  for (size_t r = 0; r < weights.size(); ++r) {
    prediction.mean += weights[r] * covariances[r];
  }
  return prediction;
}

double StructuredModel::Deviation(std::span<const int32_t> row,
                                  int fidelity) const {
  const RowBeside& beside = state_->SetBeside(row, fidelity);
  double variance = beside.variance;
  for (double value : beside.solved) variance -= value * value;
  return std::sqrt(std::max(variance, 0.0));
}

double StructuredModel::NoiseVariance(int fidelity) const {
  return state_->relation.NoiseRatio(fidelity) *
         state_->covariance->variances().noise;
}

double StructuredModel::ToScore(double standardised, int fidelity) const {
  const auto level = static_cast<size_t>(fidelity);
  const double score = state_->scale.Restore(standardised);
  return level < state_->shifts.size() ? score + state_->shifts[level] : score;
}

double StructuredModel::FidelityCorrelation() const {
  return state_->relation.correlation;
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

SourceKnowledge LearnTogether(const EffectStructure& structure,
                              std::span<const StudyRows> studies) {
  const size_t d = structure.dimensions.size();
  StudyRows all;
  for (const StudyRows& study : studies) {
    const ScoreScale scale(study.scores);
    all.rows.insert(all.rows.end(), study.rows.begin(), study.rows.end());
    for (double score : study.scores) {
      all.scores.push_back(scale.Standardise(score));
    }
  }
  // Evenly, because none of them is the latest or the best.
  StudyRows kept;
  for (int r : SelectEvenly(static_cast<int>(all.scores.size()), kMaxRows)) {
    const auto row = std::span(all.rows).subspan(r * d, d);
    kept.rows.insert(kept.rows.end(), row.begin(), row.end());
    kept.scores.push_back(all.scores[r]);
  }
  StructuredModel model(structure, {.with_residual = false});
  model.Fit(kept.rows, kept.scores);
  return model.Knowledge();
}

}  // namespace rankadaptor::surrogate
