#include "search/strategies/structured_strategy.h"

#include <algorithm>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "search/strategies/structured/start_design.h"

namespace rankadaptor::internal {
namespace {

using surrogate::EffectTables;
using surrogate::StructuredModel;

// Fewer completed trials say too little for a model.
constexpr size_t kMinCompleted = 4;

// How far random samples stray from the mean, in posterior deviations.
constexpr double kSampleSpread = 0.8;

constexpr int kNumBestStarts = 3;
constexpr int kNumRandomStarts = 3;

// The numbers of completed trials at which variances are learned: every one at
// first, then every eighth part more.
size_t LastMilestone(size_t num_completed) {
  size_t milestone = kMinCompleted;
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
      starts_(StartDesign(space_, sampler_, seed)) {}

Status StructuredStrategy::MetaLearn(std::span<const SourceStudy> sources) {
  if (space_.num_dimensions() == 0) return {};
  EffectTables average = ZeroTables(structure_);
  std::vector<Row> peaks;
  for (const SourceStudy& source : sources) {
    if (source.values.size() < kMinCompleted) continue;
    std::vector<int32_t> rows;
    for (const Configuration& configuration : source.configurations) {
      const Row row = space_.ToRow(configuration);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    StructuredModel model(structure_, {.with_residual = false});
    model.Fit(rows, source.values);
    sources_.push_back(model.Knowledge());
    AddTables(sources_.back().mean, 1, average);
  }
  if (sources_.empty()) return {};
  auto add_peak = [&](const EffectTables& tables) {
    const TableSearch search(space_, structure_, tables);
    TableSearch::Peak best;
    for (Row& start : ClimbStarts(DeriveSeed(seed_, "source peaks"))) {
      TableSearch::Peak peak = search.Climb(std::move(start));
      if (best.row.empty() || peak.value > best.value) best = std::move(peak);
    }
    if (std::ranges::find(peaks, best.row) == peaks.end()) {
      peaks.push_back(std::move(best.row));
    }
  };
  add_peak(average);
  for (size_t t = 0; t < std::min<size_t>(2, sources_.size()); ++t) {
    add_peak(sources_[t].mean);
  }
  starts_ = std::move(peaks);
  return {};
}

Status StructuredStrategy::Observe(std::span<const Trial> trials) {
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
  if (scores_.size() < kMinCompleted || space_.num_dimensions() == 0) {
    return SuggestRandom();
  }
  UpdateModel();
  const Row row = ChooseByModel();
  if (row.empty()) return SuggestRandom();
  return Predicted(space_.ToConfiguration(row));
}

// A point of the start design while fewer trials than it has were made, by
// whomever.
std::optional<Row> StructuredStrategy::NextStart() const {
  if (taken_.size() >= starts_.size()) return std::nullopt;
  for (const Row& row : starts_) {
    if (!Taken(row)) return row;
  }
  return std::nullopt;
}

std::optional<Suggestion> StructuredStrategy::SuggestRandom() {
  RandomStream stream(seed_, "structured random", taken_.size());
  auto samples = sampler_.SampleDistinct(stream, 1, taken_);
  if (samples.empty()) return std::nullopt;
  return Suggestion{.configuration = std::move(samples[0])};
}

void StructuredStrategy::UpdateModel() {
  const auto d = static_cast<size_t>(space_.num_dimensions());
  const std::span<const int32_t> rows(rows_);
  const size_t milestone = LastMilestone(scores_.size());
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
  const EffectTables tables = taken_.size() % 2 == 0
                                  ? model_->MeanTables()
                                  : model_->SampleTables(seed, kSampleSpread);
  Row row = UntakenPeak(tables, seed);
  model_->Truncate(num_told);
  return row;
}

Row StructuredStrategy::UntakenPeak(const EffectTables& tables,
                                    uint64_t stream_seed) {
  const TableSearch search(space_, structure_, tables);
  std::vector<TableSearch::Peak> peaks;
  for (Row& start : ClimbStarts(stream_seed)) {
    peaks.push_back(search.Climb(std::move(start)));
  }
  std::ranges::stable_sort(
      peaks, std::greater<>(), [](const auto& peak) { return peak.value; });
  for (const TableSearch::Peak& peak : peaks) {
    if (!Taken(peak.row)) return peak.row;
  }
  for (const TableSearch::Move& move : search.Moves(peaks[0].row)) {
    Row neighbour = peaks[0].row;
    neighbour[move.dimension] = move.level;
    if (!Taken(neighbour)) return neighbour;
  }
  return {};
}

// The rows believed best, and random ones.
std::vector<Row> StructuredStrategy::ClimbStarts(uint64_t stream_seed) const {
  std::vector<Row> starts;
  if (model_) {
    for (int r : model_->BestRows(kNumBestStarts)) {
      const auto row = model_->row(r);
      starts.emplace_back(row.begin(), row.end());
    }
  }
  RandomStream stream(stream_seed);
  Configuration random = space_.ToConfiguration(Row(space_.num_dimensions()));
  for (int i = 0; i < kNumRandomStarts; ++i) {
    sampler_.Sample(stream, random.choices);
    starts.push_back(space_.ToRow(random));
  }
  return starts;
}

bool StructuredStrategy::Taken(std::span<const int32_t> row) const {
  return taken_.contains(space_.ToConfiguration(row));
}

Suggestion StructuredStrategy::Predicted(
    const Configuration& configuration) const {
  const double mean = model_->Predict(space_.ToRow(configuration)).mean;
  return {.configuration = configuration, .predicted = model_->ToScore(mean)};
}

Result<std::vector<Suggestion>> StructuredStrategy::Recommend(int count) {
  if (scores_.empty()) return std::vector<Suggestion>();
  std::vector<Suggestion> recommended;
  if (scores_.size() < kMinCompleted || space_.num_dimensions() == 0) {
    std::vector<size_t> order;
    for (size_t r = 0; r < scores_.size(); ++r) order.push_back(r);
    std::ranges::stable_sort(
        order, std::greater<>(), [&](size_t r) { return scores_[r]; });
    for (size_t r : order) {
      recommended.push_back({.configuration = completed_[r]});
    }
  } else {
    UpdateModel();
    std::vector<std::pair<double, Configuration>> ranked;
    auto rank = [&](const Configuration& configuration) {
      const auto p = model_->Predict(space_.ToRow(configuration));
      ranked.emplace_back(p.mean - p.deviation, configuration);
    };
    for (const Configuration& configuration :
         ConfigurationSet(completed_.begin(), completed_.end())) {
      rank(configuration);
    }
    const EffectTables tables = model_->MeanTables();
    Row peak = UntakenPeak(tables, DeriveSeed(seed_, "recommend"));
    if (!peak.empty()) rank(space_.ToConfiguration(peak));
    std::ranges::stable_sort(ranked, std::greater<>(), [](const auto& entry) {
      return entry.first;
    });
    for (const auto& entry : ranked) {
      recommended.push_back(Predicted(entry.second));
      if (static_cast<int>(recommended.size()) >= count) break;
    }
  }
  if (recommended.size() > static_cast<size_t>(count)) {
    recommended.resize(static_cast<size_t>(count));
  }
  return recommended;
}

}  // namespace rankadaptor::internal
