#include "search/strategies/model_strategy.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "search/expected_improvement.h"
#include "search/strategies/start_design.h"

namespace rankadaptor::internal {
namespace {

// Fewer completed trials say too little for a model; sources say something.
constexpr size_t kMinCompleted = 4;
constexpr size_t kMinCompletedWithSources = 2;

// Among which the highest mean is looked for.
constexpr int kNumBestTried = 3;

}  // namespace

ModelStrategy::ModelStrategy(const SearchSpace& space,
                             uint64_t seed,
                             std::string name,
                             size_t refit_part,
                             std::vector<double> fidelities)
    : seed_(seed),
      name_(std::move(name)),
      refit_part_(refit_part),
      fidelities_(std::move(fidelities)),
      space_(space),
      sampler_(space),
      starts_(StartDesign(space_, sampler_, seed)),
      min_completed_(kMinCompleted),
      chooser_(space_, sampler_, history_.taken()) {}

void ModelStrategy::StartFromSources(std::vector<Row> starts) {
  starts_ = std::move(starts);
  min_completed_ = kMinCompletedWithSources;
}

void ModelStrategy::StartBefore(std::vector<Row> starts) {
  starts_.insert(starts_.begin(),
                 std::make_move_iterator(starts.begin()),
                 std::make_move_iterator(starts.end()));
}

Status ModelStrategy::Observe(std::span<const Trial> trials) {
  history_.Add(trials);
  return {};
}

void ModelStrategy::MarkPending(std::span<const Suggestion> pending) {
  history_.MarkPending(pending);
}

Result<std::vector<Suggestion>> ModelStrategy::Suggest(int count) {
  std::vector<Suggestion> suggestions;
  while (static_cast<int>(suggestions.size()) < count) {
    std::optional<Suggestion> suggestion = SuggestOne();
    if (!suggestion) break;
    MarkPending(std::span(&*suggestion, 1));
    suggestions.push_back(*std::move(suggestion));
  }
  return suggestions;
}

std::optional<Suggestion> ModelStrategy::SuggestOne() {
  if (std::optional<Row> start = NextStart()) {
    return Suggestion{.configuration = space_.ToConfiguration(*start),
                      .fidelity = fidelities_.front()};
  }
  if (!HasModel()) return SuggestRandom();
  UpdateModel();
  if (MayPromote()) {
    if (auto promoted = PromoteBest(1)) return promoted;
  }
  const Row row = Choose(DeriveSeed(seed_, name_, history_.taken().size()));
  if (!row.empty()) return Predicted(row, fidelities_.front());
  if (auto random = SuggestRandom()) return random;
  return PromoteBest(static_cast<int>(history_.completed().size()));
}

// Screenings and what follows from them share the cost.
bool ModelStrategy::MayPromote() const {
  if (fidelities_.size() == 1) return false;
  const double lowest = fidelities_.front();
  return history_.cost_above(lowest) <= history_.cost_at(lowest);
}

// Of the rows believed best the first that was not measured in full.
std::optional<Suggestion> ModelStrategy::PromoteBest(int num_considered) const {
  if (fidelities_.size() == 1) return std::nullopt;
  for (const Row& row : BestTried(num_considered)) {
    const double next = NextFidelity(row);
    if (next > 0) return Predicted(row, next);
  }
  return std::nullopt;
}

// The one above those at which the row is taken; 0 if there is none.
double ModelStrategy::NextFidelity(const Row& row) const {
  const double taken = history_.fidelity_taken(space_.ToConfiguration(row));
  auto next = std::ranges::upper_bound(fidelities_, taken);
  return next == fidelities_.end() ? 0 : *next;
}

// That of the closest fidelity: others may have evaluated it.
int ModelStrategy::LevelOf(double fidelity) const {
  const auto closest = std::ranges::min_element(
      fidelities_, {}, [&](double f) { return std::abs(f - fidelity); });
  return static_cast<int>(fidelities_.end() - closest) - 1;
}

// A start while fewer trials than there are starts were made, by whomever.
std::optional<Row> ModelStrategy::NextStart() const {
  if (history_.taken().size() >= starts_.size()) return std::nullopt;
  for (const Row& row : starts_) {
    if (!chooser_.Taken(row)) return row;
  }
  return std::nullopt;
}

std::optional<Suggestion> ModelStrategy::SuggestRandom() const {
  const ConfigurationSet& taken = history_.taken();
  RandomStream stream(seed_, name_ + " random", taken.size());
  auto samples = sampler_.SampleDistinct(stream, 1, taken);
  if (samples.empty()) return std::nullopt;
  return Suggestion{.configuration = std::move(samples[0]),
                    .fidelity = fidelities_.front()};
}

bool ModelStrategy::HasModel() const {
  return space_.num_dimensions() > 0 &&
         history_.completed().size() >= min_completed_;
}

size_t ModelStrategy::LastFit() const {
  size_t last = min_completed_;
  while (true) {
    const size_t next = last + std::max<size_t>(1, last / refit_part_);
    if (next > history_.completed().size()) return last;
    last = next;
  }
}

void ModelStrategy::UpdateModel() {
  const auto& completed = history_.completed();
  if (const size_t last = LastFit(); num_fitted_ != last) {
    std::vector<int32_t> rows;
    std::vector<double> scores;
    std::vector<int> levels;
    for (size_t n = 0; n < last; ++n) {
      const Row row = space_.ToRow(completed[n].configuration);
      rows.insert(rows.end(), row.begin(), row.end());
      scores.push_back(completed[n].objective);
      levels.push_back(LevelOf(completed[n].fidelity));
    }
    Fit(rows, scores, levels);
    num_fitted_ = num_learned_ = last;
  }
  for (; num_learned_ < completed.size(); ++num_learned_) {
    const auto& [configuration, objective, fidelity] = completed[num_learned_];
    Append({space_.ToRow(configuration), LevelOf(fidelity)}, objective);
  }
}

Suggestion ModelStrategy::Predicted(const Row& row, double fidelity) const {
  const int level = LevelOf(fidelity);
  const auto [mean, deviation] = Predict(row, level);
  const double predicted = ToScore(mean, level);
  const double above =
      ToScore(mean + std::hypot(deviation, NoiseDeviation(level)), level);
  return {.configuration = space_.ToConfiguration(row),
          .predicted = predicted,
          .deviation = above - predicted,
          .expected_improvement = Improvement(row),
          .fidelity = fidelity};
}

// In full, over the highest mean of what was tried, in units of the scores.
std::optional<double> ModelStrategy::Improvement(const Row& row) const {
  const std::vector<double> tried = Means(BestTried(kNumBestTried));
  if (tried.empty()) return std::nullopt;
  const double best = std::ranges::max(tried);
  const auto [mean, deviation] = Predict(row, 0);
  return ToScore(best + ExpectedImprovement(mean, deviation, best), 0) -
         ToScore(best, 0);
}

std::vector<double> ModelStrategy::Means(std::span<const Row> rows) const {
  std::vector<double> means;
  for (const Row& row : rows) means.push_back(Predict(row, 0).mean);
  return means;
}

Result<std::vector<double>> ModelStrategy::PredictMeans(
    std::span<const Configuration> configurations) {
  if (!HasModel()) return std::vector<double>();
  UpdateModel();
  std::vector<Row> rows;
  for (const Configuration& configuration : configurations) {
    rows.push_back(space_.ToRow(configuration));
  }
  std::vector<double> means = Means(rows);
  for (double& mean : means) mean = ToScore(mean, 0);
  return means;
}

std::vector<Row> ModelStrategy::BestObserved(int count) const {
  std::vector<Row> rows;
  for (const Configuration& configuration : history_.Best(count)) {
    Row row = space_.ToRow(configuration);
    // What was told need not keep the constraints.
    if (space_.Feasible(row)) rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<ModelStrategy::LevelRow> ModelStrategy::PendingRows() const {
  std::vector<LevelRow> rows;
  for (const Suggestion& s : history_.pending()) {
    rows.push_back({space_.ToRow(s.configuration), LevelOf(s.fidelity)});
  }
  return rows;
}

Result<std::vector<Suggestion>> ModelStrategy::Recommend(int count) {
  if (!HasModel()) return history_.Recommend(count);
  UpdateModel();
  std::vector<std::pair<double, Row>> ranked;
  for (Row& row : Candidates(count)) {
    const surrogate::Prediction p = Predict(row, 0);
    ranked.emplace_back(p.mean - p.deviation, std::move(row));
  }
  std::ranges::stable_sort(
      ranked, std::greater<>(), [](const auto& entry) { return entry.first; });
  std::vector<Suggestion> recommended;
  for (const auto& [value, row] : ranked) {
    if (static_cast<int>(recommended.size()) == count) break;
    recommended.push_back(Predicted(row, 1));
  }
  return recommended;
}

}  // namespace rankadaptor::internal
