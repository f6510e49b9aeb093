#include "runners/serve/json_line.h"

#include <optional>
#include <string>

#include "runners/serve/json_field.h"

namespace rankadaptor::runners {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 16;

// Starts a string that stands for what is no JSON; no sensible string does.
constexpr char kMark = '\x01';

// Calls `visit(position)` for each character outside strings.
template <typename Visit>
void ForEachOutsideStrings(std::string_view line, Visit visit) {
  bool inside = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (inside && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      inside = !inside;
    } else if (!inside) {
      visit(i);
    }
  }
}

bool TooDeep(std::string_view line) {
  int depth = 0;
  int deepest = 0;
  ForEachOutsideStrings(line, [&](size_t i) {
    if (line[i] == '[' || line[i] == '{') deepest = std::max(deepest, ++depth);
    if (line[i] == ']' || line[i] == '}') --depth;
  });
  return deepest > kMaxDepth;
}

// Makes strings of NaN and the infinities.
std::string MarkNonFinite(std::string_view line) {
  std::string marked;
  size_t copied = 0;
  ForEachOutsideStrings(line, [&](size_t i) {
    if (i < copied) return;
    for (std::string_view word : {"NaN", "-Infinity", "Infinity"}) {
      if (!line.substr(i).starts_with(word)) continue;
      marked.append(line, copied, i - copied);
      marked += "\"\\u0001" + std::string(word) + "\"";
      copied = i + word.size();
      return;
    }
  });
  return marked.append(line, copied);
}

std::optional<Error> FindMarked(const JsonField& field) {
  const json& value = field.value();
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text.empty() || text[0] != kMark) return {};
    return Error{
        ErrorCode::kInvalidArgument,
        field.path() + " = " + text.substr(1) + " is not a finite number"};
  }
  if (!value.is_structured()) return {};
  for (const JsonField& child : field.Children()) {
    if (auto error = FindMarked(child)) return error;
  }
  return {};
}

// Without the library's "[json.exception...] ".
std::string Explain(const json::exception& error) {
  const std::string text = error.what();
  const size_t end = text.find("] ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

}  // namespace

Result<json> ParseJsonLine(std::string_view line) {
  if (TooDeep(line)) {
    return InvalidArgument("the line nests lists and objects more than " +
                           std::to_string(kMaxDepth) + " deep");
  }
  json parsed = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    try {
      parsed = json::parse(MarkNonFinite(line));
    } catch (const json::exception& error) {
      return InvalidArgument("the line is not JSON: " + Explain(error));
    }
    if (auto error = FindMarked(JsonField(parsed, ""))) {
      return tl::unexpected(*std::move(error));
    }
  }
  if (!parsed.is_object()) {
    return InvalidArgument("the line is " + std::string(parsed.type_name()) +
                           ", not an object");
  }
  return parsed;
}

}  // namespace rankadaptor::runners
