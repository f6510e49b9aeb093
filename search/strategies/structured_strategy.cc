#include "search/strategies/structured_strategy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "search/space_relation.h"
#include "search/strategies/structured/best_neighbour.h"
#include "search/strategies/structured/table_search.h"

namespace rankadaptor::internal {
namespace {

using surrogate::EffectTables;
using surrogate::StructuredModel;

// Variances are learned again when trials have grown by an eighth.
constexpr size_t kRefitPart = 8;

// Fewer rows of a source teach nothing that would be worth a term of the model.
constexpr size_t kMinSourceRows = 4;

// Sources whose own best configurations are tried.
constexpr size_t kNumSourcePeaks = 2;

constexpr int kNumBestStarts = 3;

// How far random samples stray from the mean, in posterior deviations.
constexpr double kSampleSpread = 0.5;

// With this share of the signal, the rugged residual decides the search.
constexpr double kRuggedShare = 0.4;

// Tried configurations considered beyond those that are to be recommended.
constexpr int kSpareRecommended = 20;

surrogate::StudyRows RowsOf(const SourceStudy& source, const FreeSpace& space) {
  surrogate::StudyRows rows{.rows = {}, .scores = source.values};
  for (const Configuration& configuration : source.configurations) {
    const Row row = space.ToRow(configuration);
    rows.rows.insert(rows.rows.end(), row.begin(), row.end());
  }
  return rows;
}

}  // namespace

StructuredStrategy::StructuredStrategy(const SearchSpace& space,
                                       uint64_t seed,
                                       std::vector<double> fidelities)
    : ModelStrategy(
          space, seed, "structured", kRefitPart, std::move(fidelities)),
      search_space_(space),
      structure_(
          surrogate::MakeEffectStructure(FreeSpace(space).Dimensions())) {}

// The first starts are the peak of the sources' average and of single ones.
Status StructuredStrategy::MetaLearn(std::span<const SourceStudy> sources) {
  if (space().num_dimensions() == 0) return {};
  std::vector<SourceStudy> related;
  for (const SourceStudy& source : sources) {
    if (source.values.size() < kMinSourceRows) continue;
    if (source.parameters.empty()) {
      LearnSource(source);
    } else {
      related.push_back(source);
    }
  }
  if (!sources_.empty()) {
    EffectTables sum = ZeroTables(structure_);
    for (const auto& source : sources_) AddTables(source.mean, 1, sum);
    std::vector<Row> starts = {SourcePeak(sum)};
    for (size_t t = 0; t < std::min(kNumSourcePeaks, sources_.size()); ++t) {
      Row peak = SourcePeak(sources_[t].mean);
      if (std::ranges::find(starts, peak) == starts.end()) {
        starts.push_back(std::move(peak));
      }
    }
    StartFromSources(std::move(starts));
  }
  return LearnRelated(std::move(related));
}

void StructuredStrategy::LearnSource(const SourceStudy& source) {
  const surrogate::StudyRows rows = RowsOf(source, space());
  StructuredModel model(structure_, {.with_residual = false});
  model.Fit(rows.rows, rows.scores);
  sources_.push_back(model.Knowledge());
}

// Those of one space together; their peaks are tried before the other starts.
Status StructuredStrategy::LearnRelated(std::vector<SourceStudy> sources) {
  std::vector<Row> peaks;
  while (!sources.empty()) {
    RA_ASSIGN_OR_RETURN(const SearchSpace own, SpaceOf(sources[0]));
    RA_ASSIGN_OR_RETURN(const auto relation, Relate(own, search_space_));
    const FreeSpace free(own);
    std::vector<surrogate::StudyRows> rows;
    std::erase_if(sources, [&](const SourceStudy& source) {
      if (!IsOfSpace(source, own)) return false;
      rows.push_back(RowsOf(source, free));
      return true;
    });
    const auto structure = surrogate::MakeEffectStructure(free.Dimensions());
    sources_.push_back(CarryOver(
        LearnTogether(structure, rows), structure, structure_, relation));
    peaks.push_back(SourcePeak(sources_.back().mean));
  }
  StartBefore(std::move(peaks));
  return {};
}

Row StructuredStrategy::SourcePeak(const EffectTables& tables) const {
  TableSearch search(space(), structure_, tables);
  return chooser().Peak(search, {}, DeriveSeed(seed(), "source peaks"));
}

void StructuredStrategy::Fit(std::span<const int32_t> rows,
                             std::span<const double> scores,
                             std::span<const int> levels) {
  model_.emplace(structure_);
  model_->SetSources(sources_);
  model_->Fit(rows, scores, levels);
}

void StructuredStrategy::Append(const LevelRow& row, double score) {
  model_->Append(row.row, score, row.level);
}

Row StructuredStrategy::Choose(uint64_t choice_seed) {
  const int num_told = model_->num_rows();
  for (const auto& [row, level] : PendingRows()) {
    model_->AppendPending(row, level);
  }
  Row row = ChooseByTables(choice_seed);
  model_->Truncate(num_told);
  return row;
}

// Mean and random sample in turn.
Row StructuredStrategy::ChooseByTables(uint64_t choice_seed) const {
  const surrogate::VarianceShares shares = model_->shares();
  const bool rugged = shares.residual > kRuggedShare * shares.signal;
  const bool greedy = rugged || history().taken().size() % 2 == 0;
  const EffectTables tables =
      greedy ? model_->MeanTables()
             : model_->SampleTables(choice_seed, kSampleSpread);
  Row peak = UntakenPeak(tables, choice_seed);
  const std::vector<Row> incumbent = BestRows(1);
  if (!rugged || incumbent.empty()) return peak;
  return BestNeighbour(*model_,
                       TableSearch(space(), structure_, tables),
                       chooser(),
                       incumbent[0],
                       std::move(peak));
}

Row StructuredStrategy::UntakenPeak(const EffectTables& tables,
                                    uint64_t seed) const {
  TableSearch search(space(), structure_, tables);
  return chooser().UntakenPeak(search, BestRows(kNumBestStarts), seed);
}

// The rows that the model believes best, as starts: feasible ones.
std::vector<Row> StructuredStrategy::BestRows(int count) const {
  std::vector<Row> rows;
  for (int r : model_->BestRows(count)) {
    const auto levels = model_->row(r);
    if (!space().Feasible(levels)) continue;
    rows.emplace_back(levels.begin(), levels.end());
  }
  return rows;
}

std::vector<Row> StructuredStrategy::Candidates(int count) {
  std::vector<Row> rows = BestRows(count + kSpareRecommended);
  Row peak = UntakenPeak(model_->MeanTables(), DeriveSeed(seed(), "recommend"));
  if (!peak.empty()) rows.push_back(std::move(peak));
  return rows;
}

surrogate::Prediction StructuredStrategy::Predict(const Row& row,
                                                  int level) const {
  return model_->Predict(row, level);
}

std::vector<double> StructuredStrategy::Means(std::span<const Row> rows) const {
  const EffectTables& tables = model_->MeanTables();
  std::vector<double> means;
  for (const Row& row : rows) {
    means.push_back(Evaluate(tables, structure_, row));
  }
  return means;
}

std::vector<Row> StructuredStrategy::BestTried(int count) const {
  return BestRows(count);
}

double StructuredStrategy::NoiseDeviation(int level) const {
  return std::sqrt(model_->NoiseVariance(level));
}

double StructuredStrategy::ToScore(double standardised, int level) const {
  return model_->ToScore(standardised, level);
}

}  // namespace rankadaptor::internal
