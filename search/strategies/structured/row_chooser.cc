#include "search/strategies/structured/row_chooser.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "rankadaptor/common/random_stream.h"

#include "search/strategies/structured/table_search.h"

namespace rankadaptor::internal {
namespace {

using surrogate::EffectTables;
using surrogate::StructuredModel;

constexpr int kNumBestStarts = 3;
constexpr int kNumRandomStarts = 3;

// Neighbours whose deviation is computed: those with the best means, and fewer
// of them the more rows the model has.
constexpr double kNeighbourWork = 6e6;
constexpr double kMinNeighbours = 8;
constexpr double kMaxNeighbours = 60;

size_t NumNeighbours(const StructuredModel& model, int num_dimensions) {
  const double rows = model.num_rows();
  const double work = rows * (rows / 2 + 16.0 * num_dimensions);
  return static_cast<size_t>(
      std::clamp(kNeighbourWork / work, kMinNeighbours, kMaxNeighbours));
}

// Of a normal variable over `best`.
double ExpectedImprovement(double mean, double deviation, double best) {
  const double spread = std::max(deviation, 1e-9);
  const double z = (mean - best) / spread;
  const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  const double probability = std::erfc(-z / std::numbers::sqrt2) / 2;
  return spread * (density + z * probability);
}

// Rows with their means.
struct Candidates {
  std::vector<Row> rows;
  std::vector<double> means;
};

}  // namespace

RowChooser::RowChooser(const FreeSpace& space,
                       const Sampler& sampler,
                       const surrogate::EffectStructure& structure,
                       const ConfigurationSet& taken)
    : space_(space), sampler_(sampler), structure_(structure), taken_(taken) {}

bool RowChooser::Taken(std::span<const int32_t> row) const {
  return taken_.contains(space_.ToConfiguration(row));
}

void RowChooser::AddRandomRows(uint64_t seed, std::vector<Row>& rows) const {
  RandomStream stream(seed);
  Configuration random = space_.ToConfiguration(Row(space_.num_dimensions()));
  for (int i = 0; i < kNumRandomStarts; ++i) {
    sampler_.Sample(stream, random.choices);
    rows.push_back(space_.ToRow(random));
  }
}

Row RowChooser::Peak(const EffectTables& tables,
                     std::vector<Row> starts,
                     uint64_t seed) const {
  AddRandomRows(seed, starts);
  const TableSearch search(space_, structure_, tables);
  TableSearch::Peak best;
  for (Row& start : starts) {
    TableSearch::Peak peak = search.Climb(std::move(start));
    if (best.row.empty() || peak.value > best.value) best = std::move(peak);
  }
  return best.row;
}

Row RowChooser::UntakenPeak(const EffectTables& tables,
                            std::vector<Row> starts,
                            uint64_t seed) const {
  AddRandomRows(seed, starts);
  const TableSearch search(space_, structure_, tables);
  std::vector<TableSearch::Peak> peaks;
  for (Row& start : starts) peaks.push_back(search.Climb(std::move(start)));
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

Row RowChooser::BestNeighbour(const StructuredModel& model,
                              uint64_t seed) const {
  const EffectTables tables = model.MeanTables();
  const auto incumbent = model.row(model.BestRows(1)[0]);
  const double best = Evaluate(tables, structure_, incumbent);
  Candidates candidates;
  const size_t most = NumNeighbours(model, space_.num_dimensions());
  for (const TableSearch::Move& move :
       TableSearch(space_, structure_, tables).Moves(incumbent)) {
    if (candidates.rows.size() == most) break;
    Row neighbour(incumbent.begin(), incumbent.end());
    neighbour[move.dimension] = move.level;
    if (Taken(neighbour)) continue;
    candidates.rows.push_back(std::move(neighbour));
    candidates.means.push_back(best + move.gain);
  }
  if (Row peak = UntakenPeak(tables, BestRows(model), seed); !peak.empty()) {
    candidates.means.push_back(Evaluate(tables, structure_, peak));
    candidates.rows.push_back(std::move(peak));
  }
  Row chosen;
  double largest = -1;
  for (size_t k = 0; k < candidates.rows.size(); ++k) {
    const double improvement = ExpectedImprovement(
        candidates.means[k], model.Deviation(candidates.rows[k]), best);
    if (improvement <= largest) continue;
    largest = improvement;
    chosen = candidates.rows[k];
  }
  return chosen;
}

std::vector<Row> BestRows(const StructuredModel& model) {
  std::vector<Row> rows;
  for (int r : model.BestRows(kNumBestStarts)) {
    const auto row = model.row(r);
    rows.emplace_back(row.begin(), row.end());
  }
  return rows;
}

}  // namespace rankadaptor::internal
