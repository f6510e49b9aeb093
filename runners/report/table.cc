#include "runners/report/table.h"

#include <algorithm>
#include <utility>

#include "rankadaptor/common/check.h"

namespace rankadaptor::runners {
namespace {

std::string Escaped(const std::string& cell) {
  std::string escaped;
  for (char c : cell) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

Table::Table(std::vector<std::string> header) {
  rows_.push_back(std::move(header));
}

void Table::AddRow(std::vector<std::string> cells) {
  RA_CHECK(cells.size() == rows_[0].size())
      << cells.size() << " cells, " << rows_[0].size() << " columns";
  rows_.push_back(std::move(cells));
}

std::string Table::Text() const {
  std::vector<size_t> widths(rows_[0].size());
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - row[i].size(), ' ');
      line += i == 0 ? row[i] + padding : "  " + padding + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string Table::Markdown() const {
  std::string text;
  for (size_t r = 0; r < rows_.size(); ++r) {
    for (const std::string& cell : rows_[r]) text += "| " + Escaped(cell) + " ";
    text += "|\n";
    if (r > 0) continue;
    for (size_t i = 0; i < rows_[0].size(); ++i) {
      text += i == 0 ? "|---" : "|---:";
    }
    text += "|\n";
  }
  return text;
}

}  // namespace rankadaptor::runners
