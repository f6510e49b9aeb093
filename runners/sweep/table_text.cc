// Forms of a ResultTable.
#include <algorithm>
#include <charconv>

#include "runners/report/table.h"
#include "runners/sweep/result_table.h"
#include "runners/terminal/number_format.h"

namespace rankadaptor::runners {
namespace {

struct CellStyle {
  const char* before_best;
  const char* after_best;
  const char* plus_minus;
};

std::string CellText(const ResultCell& cell, const CellStyle& style) {
  if (!cell.mean) return "-";
  std::string text = FormatScore(cell.mean);
  if (cell.is_best) text = style.before_best + text + style.after_best;
  if (cell.standard_deviation) {
    text += style.plus_minus + FormatScore(cell.standard_deviation);
  }
  return text;
}

Table MakeTable(const ResultTable& results, const CellStyle& style) {
  std::vector<std::string> header = results.settings;
  header.push_back("");
  header.insert(header.end(), results.columns.begin(), results.columns.end());
  header.push_back("n");
  Table table(header);
  for (const TableRow& row : results.rows) {
    std::vector<std::string> cells = row.settings;
    cells.push_back(row.label);
    int num_samples = 0;
    for (const ResultCell& cell : row.cells) {
      cells.push_back(CellText(cell, style));
      num_samples = std::max(num_samples, cell.num_samples);
    }
    cells.push_back(std::to_string(num_samples));
    table.AddRow(std::move(cells));
  }
  return table;
}

// RFC 4180.
std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text)
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string CsvNumber(std::optional<double> number) {
  if (!number) return "";
  char text[32];
  const auto [end, code] = std::to_chars(text, text + sizeof text, *number);
  return {text, end};
}

std::string CsvLine(const std::vector<std::string>& fields) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    line += (i > 0 ? "," : "") + CsvField(fields[i]);
  }
  return line + "\n";
}

}  // namespace

std::string TableAsMarkdown(const ResultTable& table) {
  return MakeTable(table, {"**", "**", " \xC2\xB1 "}).Markdown();
}

std::string TableAsText(const ResultTable& table) {
  return MakeTable(table, {"*", "", " +-"}).Text();
}

std::string TableAsCsv(const ResultTable& table) {
  std::vector<std::string> header = table.settings;
  header.push_back("method");
  for (const std::string& column : table.columns) {
    for (const char* suffix : {"", " sd", " n"}) {
      header.push_back(column + suffix);
    }
  }
  std::string text = CsvLine(header);
  for (const TableRow& row : table.rows) {
    std::vector<std::string> fields = row.settings;
    fields.push_back(row.label);
    for (const ResultCell& cell : row.cells) {
      fields.push_back(CsvNumber(cell.mean));
      fields.push_back(CsvNumber(cell.standard_deviation));
      fields.push_back(std::to_string(cell.num_samples));
    }
    text += CsvLine(fields);
  }
  return text;
}

}  // namespace rankadaptor::runners
