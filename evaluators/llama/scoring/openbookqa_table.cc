#include "evaluators/llama/scoring/openbookqa_table.h"

#include <algorithm>
#include <array>

#include "rankadaptor/common/quote.h"

namespace rankadaptor::llama::internal {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 4> kColumns = {
    "ID", "Question Stem", "Choices", "Answer Key"};

std::vector<std::string> SplitCells(std::string_view line) {
  std::vector<std::string> cells;
  for (size_t begin = 0; begin <= line.size();) {
    const size_t end = std::min(line.find('\t', begin), line.size());
    cells.emplace_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return cells;
}

// Where each of kColumns is.
Result<std::array<size_t, 4>> FindColumns(
    const TextLine& header, const std::vector<std::string>& names) {
  std::array<size_t, 4> columns{};
  for (size_t i = 0; i < kColumns.size(); ++i) {
    const auto found = std::ranges::find(names, kColumns[i]);
    if (found == names.end()) {
      return InvalidArgument(header.place + ": has no column " +
                             Quote(kColumns[i]));
    }
    columns[i] = static_cast<size_t>(found - names.begin());
  }
  return columns;
}

}  // namespace

json SplitLetteredChoices(std::string_view text) {
  json choices = {{"text", json::array()}, {"label", json::array()}};
  if (!text.starts_with("(A) ")) return choices;
  size_t begin = 4;
  for (char letter = 'A'; begin != std::string_view::npos; ++letter) {
    const std::string next = {
        ' ', '(', static_cast<char>(letter + 1), ')', ' '};
    const size_t end = text.find(next, begin);
    choices["text"].push_back(text.substr(begin, end - begin));
    choices["label"].push_back(std::string(1, letter));
    begin = end == std::string_view::npos ? end : end + next.size();
  }
  return choices;
}

Result<std::vector<JsonRow>> ReadOpenbookqaTable(
    const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(const std::vector<TextLine> lines, ReadLines(file));
  const std::vector<std::string> names = SplitCells(lines[0].text);
  RA_ASSIGN_OR_RETURN(const auto columns, FindColumns(lines[0], names));
  std::vector<JsonRow> rows;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> cells = SplitCells(lines[i].text);
    if (cells.size() != names.size()) {
      return InvalidArgument(lines[i].place + ": has " +
                             std::to_string(cells.size()) + " cells, not " +
                             std::to_string(names.size()));
    }
    json choices = SplitLetteredChoices(cells[columns[2]]);
    if (choices["text"].size() < 2) {
      return InvalidArgument(lines[i].place +
                             ": Choices = " + Quote(cells[columns[2]]) +
                             " is not of the form (A) ... (B) ...");
    }
    rows.push_back({lines[i].place,
                    {{"id", cells[columns[0]]},
                     {"question_stem", cells[columns[1]]},
                     {"choices", std::move(choices)},
                     {"answerKey", cells[columns[3]]}}});
  }
  if (rows.empty())
    return InvalidArgument(file.string() + ": has no documents");
  return rows;
}

}  // namespace rankadaptor::llama::internal
