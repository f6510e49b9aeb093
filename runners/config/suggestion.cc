#include "runners/config/suggestion.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace rankadaptor::runners {
namespace {

// Levenshtein distance, one row of the table at a time.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> ClosestName(std::string_view given,
                                       const std::vector<std::string>& names) {
  constexpr size_t kMaxLength = 64;  // nobody misspells more than that
  if (given.size() > kMaxLength) return std::nullopt;
  std::optional<std::string> closest;
  size_t best = 0;
  for (const std::string& name : names) {
    size_t distance = EditDistance(given, name);
    if (distance > (name.size() + 1) / 3) continue;
    if (closest.has_value() && distance >= best) continue;
    closest = name;
    best = distance;
  }
  return closest;
}

}  // namespace rankadaptor::runners
