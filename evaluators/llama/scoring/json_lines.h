// Documents of a benchmark from a file with one JSON object a line.
#ifndef RANKADAPTOR_LLAMA_SCORING_JSON_LINES_H_
#define RANKADAPTOR_LLAMA_SCORING_JSON_LINES_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/result.h"

#include "evaluators/llama/checkpoint/strict_json.h"

namespace rankadaptor::llama::internal {

// One line of a file; `place` is "file:line" and starts every message.
struct TextLine {
  std::string place;
  std::string text;
};

// The lines of `file` without their ends (\n or \r\n). Blank lines at the end
// of the file are dropped; kInvalidArgument if nothing is left.
Result<std::vector<TextLine>> ReadLines(const std::filesystem::path& file);

// One JSON object of a data set.
struct JsonRow {
  std::string place;
  nlohmann::json object;

  JsonFields fields() const { return JsonFields(object, place); }
};

Result<std::vector<JsonRow>> ReadJsonLines(const std::filesystem::path& file);

// The field `name`, which must be a string, or a list of at least one string.
Result<std::string> TextField(const JsonFields& fields, const char* name);
Result<std::vector<std::string>> TextListField(const JsonFields& fields,
                                               const char* name);

// The field `name` as an index below `count`: an integer, or the same in a
// string, as some data sets have it. `first` is what the first choice is
// called.
Result<int> IndexField(const JsonFields& fields,
                       const char* name,
                       int count,
                       int first = 0);

// `id` as text (a string or an integer); empty if there is none.
Result<std::string> IdField(const JsonFields& fields);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_SCORING_JSON_LINES_H_
