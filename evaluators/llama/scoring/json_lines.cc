#include "evaluators/llama/scoring/json_lines.h"

#include <algorithm>
#include <charconv>

#include "rankadaptor/common/file.h"

namespace rankadaptor::llama::internal {

using nlohmann::json;

Result<std::vector<TextLine>> ReadLines(const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(const std::string contents, ReadFile(file));
  const size_t last = contents.find_last_not_of(" \t\r\n");
  if (last == std::string::npos) {
    return InvalidArgument(file.string() + ": has no documents");
  }
  std::vector<TextLine> lines;
  for (size_t begin = 0; begin <= last;) {
    size_t end = std::min(contents.find('\n', begin), contents.size());
    std::string text = contents.substr(begin, end - begin);
    if (text.ends_with('\r')) text.pop_back();
    lines.push_back({file.string() + ":" + std::to_string(lines.size() + 1),
                     std::move(text)});
    begin = end + 1;
  }
  return lines;
}

Result<std::vector<JsonRow>> ReadJsonLines(const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(const std::vector<TextLine> lines, ReadLines(file));
  std::vector<JsonRow> rows;
  rows.reserve(lines.size());
  for (const TextLine& line : lines) {
    RA_ASSIGN_OR_RETURN(json object, ParseJsonObject(line.text, line.place));
    rows.push_back({line.place, std::move(object)});
  }
  return rows;
}

Result<std::string> TextField(const JsonFields& fields, const char* name) {
  const json* field = fields.Find(name);
  if (field == nullptr) return fields.Missing(name);
  if (!field->is_string()) return fields.Refuse(name, "is not a string");
  return field->get<std::string>();
}

Result<std::vector<std::string>> TextListField(const JsonFields& fields,
                                               const char* name) {
  const json* field = fields.Find(name);
  if (field == nullptr) return fields.Missing(name);
  if (!field->is_array())
    return fields.Refuse(name, "is not a list of strings");
  if (field->empty()) return fields.Refuse(name, "has no element");
  std::vector<std::string> texts;
  for (const json& element : *field) {
    if (!element.is_string()) {
      return InvalidArgument(
          fields.place() + ": " + name + "[" + std::to_string(texts.size()) +
          "] = " + JsonForMessage(element) + " is not a string");
    }
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

Result<int> IndexField(const JsonFields& fields,
                       const char* name,
                       int count,
                       int first) {
  const json* field = fields.Find(name);
  if (field == nullptr) return fields.Missing(name);
  int64_t number = -1;
  if (field->is_number_integer()) {
    number = field->get<int64_t>();
  } else if (field->is_string()) {
    const auto& text = field->get_ref<const std::string&>();
    const char* end = text.data() + text.size();
    auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) number = -1;
  }
  if (number < first || number >= first + count) {
    return fields.Refuse(name,
                         "is not an index from " + std::to_string(first) +
                             " to " + std::to_string(first + count - 1));
  }
  return static_cast<int>(number) - first;
}

Result<std::string> IdField(const JsonFields& fields) {
  const json* field = fields.Find("id");
  if (field == nullptr) return "";
  if (field->is_number_integer()) return field->dump();
  if (field->is_string()) return field->get<std::string>();
  return fields.Refuse("id", "is not a string or an integer");
}

}  // namespace rankadaptor::llama::internal
