#include "runners/report/bar_chart.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <vector>

namespace rankadaptor::runners {
namespace {

constexpr size_t kMaxLevels = 12;
constexpr int kMaxColumns = 64;
constexpr int kTickDistance = 5;

// The values that get a line, highest first.
std::vector<double> Levels(const SearchSpace& space) {
  std::set<double> values;
  for (const Parameter& parameter : space.parameters()) {
    values.insert(parameter.choices.begin(), parameter.choices.end());
  }
  std::vector<double> all(values.rbegin(), values.rend());
  if (all.size() <= kMaxLevels) return all;
  std::vector<double> spread;
  for (size_t i = 0; i < kMaxLevels; ++i) {
    spread.push_back(all[i * (all.size() - 1) / (kMaxLevels - 1)]);
  }
  return spread;
}

std::string Label(double level) {
  char text[32];
  std::snprintf(text, sizeof text, "%8.5g | ", level);
  return text;
}

// The indices of the first column and of every fifth, each at its column.
std::string Ticks(int first, int last) {
  std::string ticks;
  for (int i = first; i < last; i += kTickDistance) {
    ticks.resize(static_cast<size_t>(i - first), ' ');
    ticks += std::to_string(i);
  }
  return ticks;
}

std::string Block(const SearchSpace& space,
                  const std::vector<double>& values,
                  int first,
                  int last) {
  std::string chart;
  for (double level : Levels(space)) {
    std::string line = Label(level);
    for (int i = first; i < last; ++i) {
      const bool frozen = space.parameter(i).choices.size() == 1;
      line += values[i] < level ? ' ' : frozen ? '=' : '#';
    }
    line.erase(line.find_last_not_of(' ') + 1);
    chart += line + "\n";
  }
  const std::string indent(9, ' ');
  chart += indent + "+" + std::string(last - first + 1, '-') + "\n";
  return chart + indent + "  " + Ticks(first, last) + "\n";
}

}  // namespace

std::string BarChart(const SearchSpace& space,
                     const Configuration& configuration) {
  const std::vector<double> values = space.Values(configuration);
  std::string chart;
  for (int first = 0; first < space.num_parameters(); first += kMaxColumns) {
    chart += Block(space,
                   values,
                   first,
                   std::min(first + kMaxColumns, space.num_parameters()));
  }
  return chart;
}

}  // namespace rankadaptor::runners
