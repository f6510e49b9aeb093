#include "search/strategies/structured_strategy.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "search/strategies/structured/start_design.h"

namespace rankadaptor::internal {
namespace {

using surrogate::EffectTables;
using surrogate::StructuredModel;

// Fewer completed trials say too little for a model; sources say something.
constexpr size_t kMinCompleted = 4;
constexpr size_t kMinCompletedWithSources = 2;

// Sources whose own best configurations are tried.
constexpr size_t kNumSourcePeaks = 2;

// How far random samples stray from the mean, in posterior deviations.
constexpr double kSampleSpread = 0.5;

// With this share of the signal, the rugged residual decides the search.
constexpr double kRuggedShare = 0.4;

// Tried configurations considered beyond those that are to be recommended.
constexpr int kSpareRecommended = 20;

// The numbers of completed trials at which variances are learned: every one at
// first, then every eighth part more.
size_t LastMilestone(size_t first, size_t num_completed) {
  size_t milestone = first;
  while (true) {
    const size_t next = milestone + std::max<size_t>(1, milestone / 8);
    if (next > num_completed) return milestone;
    milestone = next;
  }
}

}  // namespace

StructuredStrategy::StructuredStrategy(const SearchSpace& space, uint64_t seed)
    : seed_(seed),
      space_(space),
      sampler_(space),
      structure_(surrogate::MakeEffectStructure(space_.Dimensions())),
      starts_(StartDesign(space_, sampler_, seed)),
      chooser_(space_, sampler_, structure_, taken_) {}

// The first starts are the peak of the sources' average and of single ones.
Status StructuredStrategy::MetaLearn(std::span<const SourceStudy> sources) {
  if (space_.num_dimensions() == 0) return {};
  for (const SourceStudy& source : sources) LearnSource(source);
  if (sources_.empty()) return {};
  EffectTables sum = ZeroTables(structure_);
  for (const auto& source : sources_) AddTables(source.mean, 1, sum);
  const uint64_t seed = DeriveSeed(seed_, "source peaks");
  starts_ = {chooser_.Peak(sum, {}, seed)};
  for (size_t t = 0; t < std::min(kNumSourcePeaks, sources_.size()); ++t) {
    Row peak = chooser_.Peak(sources_[t].mean, {}, seed);
    if (std::ranges::find(starts_, peak) == starts_.end()) {
      starts_.push_back(std::move(peak));
    }
  }
  return {};
}

// Few rows teach nothing that would be worth a term of the model.
void StructuredStrategy::LearnSource(const SourceStudy& source) {
  if (source.values.size() < kMinCompleted) return;
  std::vector<int32_t> rows;
  for (const Configuration& configuration : source.configurations) {
    const Row row = space_.ToRow(configuration);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  StructuredModel model(structure_, {.with_residual = false});
  model.Fit(rows, source.values);
  sources_.push_back(model.Knowledge());
}

Status StructuredStrategy::Observe(std::span<const Trial> trials) {
  for (const Trial& trial : trials) {
    taken_.insert(trial.configuration);
    std::erase(pending_, trial.configuration);
    if (trial.state != TrialState::kComplete) continue;
    const Row row = space_.ToRow(trial.configuration);
    rows_.insert(rows_.end(), row.begin(), row.end());
    scores_.push_back(trial.measurement.objective);
  }
  return {};
}

Result<std::vector<Suggestion>> StructuredStrategy::Suggest(int count) {
  std::vector<Suggestion> suggestions;
  while (static_cast<int>(suggestions.size()) < count) {
    std::optional<Suggestion> suggestion = SuggestOne();
    if (!suggestion) break;
    MarkPending(std::span(&suggestion->configuration, 1));
    suggestions.push_back(*std::move(suggestion));
  }
  return suggestions;
}

void StructuredStrategy::MarkPending(
    std::span<const Configuration> configurations) {
  taken_.insert(configurations.begin(), configurations.end());
  pending_.insert(pending_.end(), configurations.begin(), configurations.end());
}

std::optional<Suggestion> StructuredStrategy::SuggestOne() {
  if (std::optional<Row> start = NextStart()) {
    return Suggestion{.configuration = space_.ToConfiguration(*start)};
  }
  if (!HasEnoughForModel()) return SuggestRandom();
  UpdateModel();
  const Row row = ChooseByModel();
  if (row.empty()) return SuggestRandom();
  return Predicted(space_.ToConfiguration(row));
}

// A start while fewer trials than there are starts were made, by whomever.
std::optional<Row> StructuredStrategy::NextStart() const {
  if (taken_.size() >= starts_.size()) return std::nullopt;
  for (const Row& row : starts_) {
    if (!chooser_.Taken(row)) return row;
  }
  return std::nullopt;
}

std::optional<Suggestion> StructuredStrategy::SuggestRandom() const {
  RandomStream stream(seed_, "structured random", taken_.size());
  auto samples = sampler_.SampleDistinct(stream, 1, taken_);
  if (samples.empty()) return std::nullopt;
  return Suggestion{.configuration = std::move(samples[0])};
}

size_t StructuredStrategy::MinCompleted() const {
  return sources_.empty() ? kMinCompleted : kMinCompletedWithSources;
}

bool StructuredStrategy::HasEnoughForModel() const {
  return scores_.size() >= MinCompleted() && space_.num_dimensions() > 0;
}

void StructuredStrategy::UpdateModel() {
  const auto d = static_cast<size_t>(space_.num_dimensions());
  const std::span<const int32_t> rows(rows_);
  const size_t milestone = LastMilestone(MinCompleted(), scores_.size());
  if (num_fitted_ != milestone) {
    model_.emplace(structure_);
    model_->SetSources(sources_);
    model_->Fit(rows.first(milestone * d), std::span(scores_).first(milestone));
    num_fitted_ = num_learned_ = milestone;
  }
  for (; num_learned_ < scores_.size(); ++num_learned_) {
    model_->Append(rows.subspan(num_learned_ * d, d), scores_[num_learned_]);
  }
}

// Mean and random sample in turn; empty if what they lead to is taken.
Row StructuredStrategy::ChooseByModel() {
  const int num_told = model_->num_rows();
  for (const Configuration& configuration : pending_) {
    model_->AppendPending(space_.ToRow(configuration));
  }
  const uint64_t seed = DeriveSeed(seed_, "structured", taken_.size());
  const surrogate::VarianceShares shares = model_->shares();
  Row row;
  if (shares.residual > kRuggedShare * shares.signal) {
    row = chooser_.BestNeighbour(*model_, seed);
  } else {
    const EffectTables tables = taken_.size() % 2 == 0
                                    ? model_->MeanTables()
                                    : model_->SampleTables(seed, kSampleSpread);
    row = chooser_.UntakenPeak(tables, BestRows(*model_), seed);
  }
  model_->Truncate(num_told);
  return row;
}

Suggestion StructuredStrategy::Predicted(
    const Configuration& configuration) const {
  const double mean = model_->Predict(space_.ToRow(configuration)).mean;
  return {.configuration = configuration, .predicted = model_->ToScore(mean)};
}

Result<std::vector<Suggestion>> StructuredStrategy::Recommend(int count) {
  const bool by_model = HasEnoughForModel();
  if (by_model) UpdateModel();
  std::vector<Suggestion> recommended;
  for (const Configuration& configuration :
       by_model ? BestPredicted(count) : BestObserved()) {
    if (static_cast<int>(recommended.size()) == count) break;
    recommended.push_back(by_model
                              ? Predicted(configuration)
                              : Suggestion{.configuration = configuration});
  }
  return recommended;
}

std::vector<Configuration> StructuredStrategy::BestObserved() const {
  const auto d = static_cast<size_t>(space_.num_dimensions());
  std::vector<size_t> order(scores_.size());
  for (size_t r = 0; r < order.size(); ++r) order[r] = r;
  std::ranges::stable_sort(
      order, std::greater<>(), [&](size_t r) { return scores_[r]; });
  std::vector<Configuration> best;
  for (size_t r : order) {
    Configuration configuration =
        space_.ToConfiguration(std::span(rows_).subspan(r * d, d));
    if (std::ranges::find(best, configuration) == best.end()) {
      best.push_back(std::move(configuration));
    }
  }
  return best;
}

std::vector<Configuration> StructuredStrategy::BestPredicted(int count) {
  std::vector<Row> rows;
  for (int r : model_->BestRows(count + kSpareRecommended)) {
    const auto row = model_->row(r);
    rows.emplace_back(row.begin(), row.end());
  }
  Row peak = chooser_.UntakenPeak(
      model_->MeanTables(), BestRows(*model_), DeriveSeed(seed_, "recommend"));
  if (!peak.empty()) rows.push_back(std::move(peak));
  std::vector<std::pair<double, Configuration>> ranked;
  for (const Row& row : rows) {
    const surrogate::Prediction p = model_->Predict(row);
    ranked.emplace_back(p.mean - p.deviation, space_.ToConfiguration(row));
  }
  std::ranges::stable_sort(
      ranked, std::greater<>(), [](const auto& entry) { return entry.first; });
  std::vector<Configuration> best;
  for (auto& entry : ranked) best.push_back(std::move(entry.second));
  return best;
}

}  // namespace rankadaptor::internal
