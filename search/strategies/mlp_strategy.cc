#include "search/strategies/mlp_strategy.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "search/strategies/mlp/coordinate_search.h"
#include "search/strategies/structured/start_design.h"

namespace rankadaptor::internal {
namespace {

using surrogate::NeuralEnsemble;
using surrogate::NeuralSource;
using surrogate::RowFunction;

// Fewer completed trials say too little for a model.
constexpr size_t kMinCompleted = 4;

// How far random samples stray from the mean, in posterior deviations.
constexpr double kSampleSpread = 0.8;

constexpr size_t kNumBestStarts = 3;
constexpr int kNumRandomStarts = 3;
constexpr size_t kNumSourcePeaks = 3;

// The numbers of completed trials at which the networks are trained: every
// sixth part more.
size_t LastTraining(size_t num_completed) {
  size_t trained = kMinCompleted;
  while (true) {
    const size_t next = trained + std::max<size_t>(1, trained / 6);
    if (next > num_completed) return trained;
    trained = next;
  }
}

}  // namespace

MlpStrategy::MlpStrategy(const SearchSpace& space, uint64_t seed)
    : seed_(seed),
      space_(space),
      sampler_(space),
      starts_(StartDesign(space_, sampler_, seed)) {
  if (space_.num_dimensions() == 0) return;
  model_.emplace(
      space_.Dimensions(),
      surrogate::NeuralEnsembleOptions{.seed = DeriveSeed(seed, "mlp model")});
}

Status MlpStrategy::MetaLearn(std::span<const SourceStudy> sources) {
  if (!model_) return {};
  std::vector<NeuralSource> learned;
  for (const SourceStudy& source : sources) {
    if (source.values.size() < kMinCompleted) continue;
    NeuralSource& rows = learned.emplace_back();
    for (const Configuration& configuration : source.configurations) {
      const Row row = space_.ToRow(configuration);
      rows.rows.insert(rows.rows.end(), row.begin(), row.end());
    }
    rows.scores = source.values;
  }
  if (learned.empty()) return {};
  model_->MetaLearn(learned);
  std::vector<Row> peaks;
  for (size_t s = 0; s < std::min(learned.size(), kNumSourcePeaks); ++s) {
    Row peak = UntakenPeak(model_->SourceMean(static_cast<int>(s)),
                           DeriveSeed(seed_, "source peaks"));
    if (!peak.empty() && std::ranges::find(peaks, peak) == peaks.end()) {
      peaks.push_back(std::move(peak));
    }
  }
  starts_ = std::move(peaks);
  return {};
}

Status MlpStrategy::Observe(std::span<const Trial> trials) {
  for (const Trial& trial : trials) {
    taken_.insert(trial.configuration);
    std::erase(pending_, trial.configuration);
    if (trial.state != TrialState::kComplete) continue;
    completed_.push_back(trial.configuration);
    const Row row = space_.ToRow(trial.configuration);
    rows_.insert(rows_.end(), row.begin(), row.end());
    scores_.push_back(trial.measurement.objective);
  }
  return {};
}

Result<std::vector<Suggestion>> MlpStrategy::Suggest(int count) {
  std::vector<Suggestion> suggestions;
  while (static_cast<int>(suggestions.size()) < count) {
    std::optional<Suggestion> suggestion = SuggestOne();
    if (!suggestion) break;
    MarkPending(std::span(&suggestion->configuration, 1));
    suggestions.push_back(*std::move(suggestion));
  }
  return suggestions;
}

bool MlpStrategy::HasModel() const {
  return model_ && scores_.size() >= kMinCompleted;
}

void MlpStrategy::MarkPending(std::span<const Configuration> configurations) {
  taken_.insert(configurations.begin(), configurations.end());
  pending_.insert(pending_.end(), configurations.begin(), configurations.end());
}

std::optional<Suggestion> MlpStrategy::SuggestOne() {
  if (std::optional<Row> start = NextStart()) {
    return Suggestion{.configuration = space_.ToConfiguration(*start)};
  }
  if (!HasModel()) return SuggestRandom();
  UpdateModel();
  const Row row = ChooseByModel();
  if (row.empty()) return SuggestRandom();
  return Predicted(space_.ToConfiguration(row));
}

// A point of the start design while fewer trials than it has were made, by
// whomever.
std::optional<Row> MlpStrategy::NextStart() const {
  if (taken_.size() >= starts_.size()) return std::nullopt;
  for (const Row& row : starts_) {
    if (!Taken(row)) return row;
  }
  return std::nullopt;
}

std::optional<Suggestion> MlpStrategy::SuggestRandom() {
  RandomStream stream(seed_, "mlp random", taken_.size());
  auto samples = sampler_.SampleDistinct(stream, 1, taken_);
  if (samples.empty()) return std::nullopt;
  return Suggestion{.configuration = std::move(samples[0])};
}

void MlpStrategy::UpdateModel() {
  const auto d = static_cast<size_t>(space_.num_dimensions());
  const std::span<const int32_t> rows(rows_);
  const size_t trained = LastTraining(scores_.size());
  if (num_fitted_ != trained) {
    model_->Fit(rows.first(trained * d), std::span(scores_).first(trained));
    num_fitted_ = num_learned_ = trained;
  }
  for (; num_learned_ < scores_.size(); ++num_learned_) {
    model_->Append(rows.subspan(num_learned_ * d, d), scores_[num_learned_]);
  }
}

// Mean and random sample in turn; empty if what they lead to is taken.
Row MlpStrategy::ChooseByModel() {
  for (const Configuration& configuration : pending_) {
    model_->AppendPending(space_.ToRow(configuration));
  }
  const uint64_t seed = DeriveSeed(seed_, "mlp", taken_.size());
  Row row =
      UntakenPeak(taken_.size() % 2 == 0 ? model_->Mean()
                                         : model_->Sample(seed, kSampleSpread),
                  seed);
  model_->DropPending();
  return row;
}

Row MlpStrategy::UntakenPeak(RowFunction function, uint64_t stream_seed) const {
  CoordinateSearch search(space_, function);
  std::vector<ValuedRow> peaks;
  for (Row& start : ClimbStarts(stream_seed)) {
    peaks.push_back(search.Climb(std::move(start)));
  }
  std::ranges::stable_sort(peaks, std::greater<>(), &ValuedRow::value);
  for (const ValuedRow& peak : peaks) {
    if (!Taken(peak.row)) return peak.row;
  }
  for (const ValuedRow& neighbour : search.Neighbours(peaks[0].row)) {
    if (!Taken(neighbour.row)) return neighbour.row;
  }
  return {};
}

std::vector<size_t> MlpStrategy::BestScoresFirst() const {
  std::vector<size_t> order(scores_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(
      order, std::greater<>(), [&](size_t r) { return scores_[r]; });
  return order;
}

// The rows with the best scores, and random ones.
std::vector<Row> MlpStrategy::ClimbStarts(uint64_t stream_seed) const {
  std::vector<Row> starts;
  for (size_t r : BestScoresFirst()) {
    if (starts.size() == kNumBestStarts) break;
    // What was evaluated need not keep a constraint.
    Row row = space_.ToRow(completed_[r]);
    if (space_.Feasible(row)) starts.push_back(std::move(row));
  }
  RandomStream stream(stream_seed);
  Configuration random = space_.ToConfiguration(Row(space_.num_dimensions()));
  for (int i = 0; i < kNumRandomStarts; ++i) {
    sampler_.Sample(stream, random.choices);
    starts.push_back(space_.ToRow(random));
  }
  return starts;
}

bool MlpStrategy::Taken(std::span<const int32_t> row) const {
  return taken_.contains(space_.ToConfiguration(row));
}

Suggestion MlpStrategy::Predicted(const Configuration& configuration) const {
  const auto [mean, deviation] = model_->Predict(space_.ToRow(configuration));
  const double predicted = model_->ToScore(mean);
  const double above =
      model_->ToScore(mean + std::hypot(deviation, model_->noise_deviation()));
  return {.configuration = configuration,
          .predicted = predicted,
          .deviation = above - predicted};
}

std::vector<Configuration> MlpStrategy::RankByModel() {
  std::vector<std::pair<double, Configuration>> ranked;
  auto rank = [&](const Configuration& configuration) {
    const auto p = model_->Predict(space_.ToRow(configuration));
    ranked.emplace_back(p.mean - p.deviation, configuration);
  };
  for (const Configuration& configuration :
       ConfigurationSet(completed_.begin(), completed_.end())) {
    rank(configuration);
  }
  const Row peak =
      UntakenPeak(model_->Mean(), DeriveSeed(seed_, "mlp recommend"));
  if (!peak.empty()) rank(space_.ToConfiguration(peak));
  std::ranges::stable_sort(
      ranked, std::greater<>(), [](const auto& entry) { return entry.first; });
  std::vector<Configuration> configurations;
  for (auto& entry : ranked) configurations.push_back(std::move(entry.second));
  return configurations;
}

Result<std::vector<Suggestion>> MlpStrategy::Recommend(int count) {
  std::vector<Suggestion> recommended;
  const auto limit = static_cast<size_t>(count);
  if (HasModel()) {
    UpdateModel();
    for (const Configuration& configuration : RankByModel()) {
      if (recommended.size() == limit) break;
      recommended.push_back(Predicted(configuration));
    }
    return recommended;
  }
  for (size_t r : BestScoresFirst()) {
    if (recommended.size() == limit) break;
    recommended.push_back({.configuration = completed_[r]});
  }
  return recommended;
}

}  // namespace rankadaptor::internal
