#include "search/strategies/mlp_strategy.h"

#include <algorithm>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "search/space_relation.h"
#include "search/strategies/mlp/coordinate_search.h"

namespace rankadaptor::internal {
namespace {

using surrogate::NeuralSource;
using surrogate::RowFunction;

// Networks are trained again when trials have grown by a sixth.
constexpr size_t kRefitPart = 6;

// Fewer rows of a source are no function to learn.
constexpr size_t kMinSourceRows = 4;

// Sources whose own best configurations are tried.
constexpr size_t kNumSourcePeaks = 3;

// How far random samples stray from the mean, in posterior deviations.
constexpr double kSampleSpread = 0.8;

constexpr int kNumBestStarts = 3;

}  // namespace

MlpStrategy::MlpStrategy(const SearchSpace& search_space, uint64_t seed)
    : ModelStrategy(search_space, seed, "mlp", kRefitPart),
      search_space_(search_space) {
  if (space().num_dimensions() == 0) return;
  model_.emplace(
      space().Dimensions(),
      surrogate::NeuralEnsembleOptions{.seed = DeriveSeed(seed, "mlp model")});
}

Status MlpStrategy::MetaLearn(std::span<const SourceStudy> given) {
  if (!model_) return {};
  RA_ASSIGN_OR_RETURN(const std::vector<SourceStudy> sources,
                      InSpace(given, search_space_));
  std::vector<NeuralSource> learned;
  for (const SourceStudy& source : sources) {
    if (source.values.size() < kMinSourceRows) continue;
    NeuralSource& rows = learned.emplace_back();
    for (const Configuration& configuration : source.configurations) {
      const Row row = space().ToRow(configuration);
      rows.rows.insert(rows.rows.end(), row.begin(), row.end());
    }
    rows.scores = source.values;
  }
  if (learned.empty()) return {};
  model_->MetaLearn(learned);
  std::vector<Row> peaks;
  for (size_t s = 0; s < std::min(learned.size(), kNumSourcePeaks); ++s) {
    Row peak = UntakenPeak(model_->SourceMean(static_cast<int>(s)),
                           DeriveSeed(seed(), "source peaks"));
    if (!peak.empty() && std::ranges::find(peaks, peak) == peaks.end()) {
      peaks.push_back(std::move(peak));
    }
  }
  StartFromSources(std::move(peaks));
  return {};
}

void MlpStrategy::Fit(std::span<const int32_t> rows,
                      std::span<const double> scores,
                      std::span<const int>) {
  model_->Fit(rows, scores);
}

void MlpStrategy::Append(const LevelRow& row, double score) {
  model_->Append(row.row, score);
}

// Mean and random sample in turn.
Row MlpStrategy::Choose(uint64_t choice_seed) {
  for (const LevelRow& row : PendingRows()) model_->AppendPending(row.row);
  const bool greedy = history().taken().size() % 2 == 0;
  Row row = UntakenPeak(
      greedy ? model_->Mean() : model_->Sample(choice_seed, kSampleSpread),
      choice_seed);
  model_->DropPending();
  return row;
}

Row MlpStrategy::UntakenPeak(RowFunction function, uint64_t seed) const {
  CoordinateSearch search(space(), function);
  return chooser().UntakenPeak(search, BestObserved(kNumBestStarts), seed);
}

std::vector<Row> MlpStrategy::Candidates(int) {
  ConfigurationSet tried;
  for (const auto& completed : history().completed()) {
    tried.insert(completed.configuration);
  }
  std::vector<Row> rows;
  for (const Configuration& configuration : tried) {
    rows.push_back(space().ToRow(configuration));
  }
  Row peak = UntakenPeak(model_->Mean(), DeriveSeed(seed(), "mlp recommend"));
  if (!peak.empty()) rows.push_back(std::move(peak));
  return rows;
}

surrogate::Prediction MlpStrategy::Predict(const Row& row, int) const {
  return model_->Predict(row);
}

std::vector<Row> MlpStrategy::BestTried(int count) const {
  return BestObserved(count);
}

double MlpStrategy::NoiseDeviation(int) const {
  return model_->noise_deviation();
}

double MlpStrategy::ToScore(double standardised, int) const {
  return model_->ToScore(standardised);
}

}  // namespace rankadaptor::internal
