#include "search/strategies/row_chooser.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "rankadaptor/common/random_stream.h"

namespace rankadaptor::internal {
namespace {

constexpr int kNumRandomStarts = 3;

}  // namespace

bool RowChooser::Taken(std::span<const int32_t> row) const {
  return taken_.contains(space_.ToConfiguration(row));
}

// The highest first.
std::vector<ValuedRow> RowChooser::Peaks(RowClimber& climber,
                                         std::vector<Row> starts,
                                         uint64_t seed) const {
  RandomStream stream(seed);
  Configuration random = space_.ToConfiguration(Row(space_.num_dimensions()));
  for (int i = 0; i < kNumRandomStarts; ++i) {
    sampler_.Sample(stream, random.choices);
    starts.push_back(space_.ToRow(random));
  }
  std::vector<ValuedRow> peaks;
  for (Row& start : starts) peaks.push_back(climber.Climb(std::move(start)));
  std::ranges::stable_sort(peaks, std::greater<>(), &ValuedRow::value);
  return peaks;
}

Row RowChooser::Peak(RowClimber& climber,
                     std::vector<Row> starts,
                     uint64_t seed) const {
  return Peaks(climber, std::move(starts), seed)[0].row;
}

Row RowChooser::UntakenPeak(RowClimber& climber,
                            std::vector<Row> starts,
                            uint64_t seed) const {
  const std::vector<ValuedRow> peaks = Peaks(climber, std::move(starts), seed);
  for (const ValuedRow& peak : peaks) {
    if (!Taken(peak.row)) return peak.row;
  }
  for (ValuedRow& neighbour : climber.Neighbours(peaks[0].row)) {
    if (!Taken(neighbour.row)) return std::move(neighbour.row);
  }
  return {};
}

}  // namespace rankadaptor::internal
