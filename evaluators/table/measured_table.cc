#include "rankadaptor/table/measured_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "rankadaptor/common/check.h"
#include "rankadaptor/common/file.h"
#include "rankadaptor/common/quote.h"

namespace rankadaptor::table {
namespace {

// Far above what anybody enumerates; keeps products from overflowing.
constexpr size_t kMaxRows = 10'000'000;

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

template <typename T>
bool ParseNumber(std::string_view text, T* value) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc() && at == end;
}

template <typename T>
size_t IndexOf(const std::vector<T>& values, T value) {
  return static_cast<size_t>(std::ranges::lower_bound(values, value) -
                             values.begin());
}

}  // namespace

// Lines first, then the space that they span, then each line to its place.
class MeasuredTable::Parser {
 public:
  explicit Parser(const std::filesystem::path& file) : file_(file.string()) {}

  Result<MeasuredTable> Run(std::string_view csv) {
    RA_RETURN_IF_ERROR(ReadLines(csv));
    Span();
    RA_RETURN_IF_ERROR(Place());
    return std::move(table_);
  }

 private:
  struct Line {
    std::vector<double> parameters;
    uint64_t seed = 0;
    ItemSplit split = ItemSplit::kSearch;
    std::vector<double> metrics;
    size_t number = 0;
  };

  tl::unexpected<Error> Invalid(size_t line, const std::string& problem) const {
    return InvalidArgument(file_ + ":" + std::to_string(line) + ": " + problem);
  }

  Status ReadLines(std::string_view csv) {
    size_t number = 0;
    for (std::string_view text : Split(csv, '\n')) {
      ++number;
      if (text.ends_with('\r')) text.remove_suffix(1);
      if (text.empty()) continue;
      RA_RETURN_IF_ERROR(table_.metrics_.empty() ? ReadHeader(text, number)
                                                 : ReadLine(text, number));
    }
    if (!lines_.empty()) return {};
    return InvalidArgument(file_ + ": has no rows");
  }

  Status ReadHeader(std::string_view text, size_t number) {
    const std::vector<std::string_view> names = Split(text, ',');
    const auto seed = std::ranges::find(names, "seed");
    if (std::set<std::string_view>(names.begin(), names.end()).size() !=
        names.size()) {
      return Invalid(number, "a column stands there twice");
    }
    if (seed == names.begin() || names.end() - seed < 3 ||
        *(seed + 1) != "split") {
      return Invalid(number,
                     "the columns must be parameters, seed, split, metrics");
    }
    for (auto name = names.begin(); name != seed; ++name) {
      table_.parameters_.push_back({std::string(*name), {}});
    }
    table_.metrics_.assign(seed + 2, names.end());
    return {};
  }

  Status ReadLine(std::string_view text, size_t number) {
    const std::vector<std::string_view> cells = Split(text, ',');
    const size_t num_parameters = table_.parameters_.size();
    if (cells.size() != num_parameters + 2 + table_.metrics_.size()) {
      return Invalid(number,
                     "has " + std::to_string(cells.size()) +
                         " cells, not as many as the header");
    }
    Line line;
    line.number = number;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i == num_parameters) {
        if (!ParseNumber(cells[i], &line.seed))
          return BadCell(number, cells[i]);
      } else if (i == num_parameters + 1) {
        if (cells[i] != "search" && cells[i] != "confirm") {
          return BadCell(number, cells[i]);
        }
        line.split =
            cells[i] == "search" ? ItemSplit::kSearch : ItemSplit::kConfirm;
      } else {
        double value = 0;
        if (!ParseNumber(cells[i], &value) || !std::isfinite(value)) {
          return BadCell(number, cells[i]);
        }
        (i < num_parameters ? line.parameters : line.metrics).push_back(value);
      }
    }
    lines_.push_back(std::move(line));
    return {};
  }

  Status BadCell(size_t number, std::string_view cell) const {
    return Invalid(number,
                   Quote(cell) +
                       " is not allowed there; allowed: finite numbers, whole "
                       "seeds, and search or confirm as split");
  }

  void Span() {
    std::set<uint64_t> seeds;
    std::vector<std::set<double>> choices(table_.parameters_.size());
    for (const Line& line : lines_) {
      seeds.insert(line.seed);
      for (size_t i = 0; i < choices.size(); ++i) {
        choices[i].insert(line.parameters[i]);
      }
    }
    table_.seeds_.assign(seeds.begin(), seeds.end());
    for (size_t i = 0; i < choices.size(); ++i) {
      table_.parameters_[i].choices.assign(choices[i].begin(),
                                           choices[i].end());
    }
  }

  Status Place() {
    size_t num_rows = 2 * table_.seeds_.size();
    for (const Parameter& parameter : table_.parameters_) {
      num_rows *= parameter.choices.size();
      if (num_rows > kMaxRows) break;
    }
    // As many lines as places and no place taken twice: none is missing.
    if (num_rows != lines_.size()) {
      return InvalidArgument(
          file_ + ": has " + std::to_string(lines_.size()) +
          " rows where all combinations of parameters, seeds and splits are " +
          std::to_string(num_rows));
    }
    table_.rows_.resize(num_rows);
    for (Line& line : lines_) {
      std::vector<double>& row = table_.rows_[IndexOfLine(line)];
      if (!row.empty()) {
        return Invalid(line.number, "was measured in a line before, too");
      }
      row = std::move(line.metrics);
    }
    return {};
  }

  size_t IndexOfLine(const Line& line) const {
    std::vector<int32_t> choices;
    for (size_t i = 0; i < line.parameters.size(); ++i) {
      choices.push_back(static_cast<int32_t>(
          IndexOf(table_.parameters_[i].choices, line.parameters[i])));
    }
    return table_.RowIndex(
        choices, IndexOf(table_.seeds_, line.seed), line.split);
  }

  const std::string file_;
  std::vector<Line> lines_;
  MeasuredTable table_;
};

Result<MeasuredTable> MeasuredTable::Parse(std::string_view csv,
                                           const std::filesystem::path& file) {
  return Parser(file).Run(csv);
}

Result<MeasuredTable> MeasuredTable::Read(const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(const std::string csv, ReadFile(file));
  return Parse(csv, file);
}

size_t MeasuredTable::RowIndex(const std::vector<int32_t>& choices,
                               size_t seed_index,
                               ItemSplit split) const {
  RA_CHECK(choices.size() == parameters_.size()) << choices.size();
  size_t index = 0;
  for (size_t i = 0; i < choices.size(); ++i) {
    index =
        index * parameters_[i].choices.size() + static_cast<size_t>(choices[i]);
  }
  index = index * seeds_.size() + seed_index;
  return 2 * index + (split == ItemSplit::kSearch ? 0 : 1);
}

const std::vector<double>& MeasuredTable::Values(
    const std::vector<int32_t>& choices,
    size_t seed_index,
    ItemSplit split) const {
  return rows_[RowIndex(choices, seed_index, split)];
}

}  // namespace rankadaptor::table
