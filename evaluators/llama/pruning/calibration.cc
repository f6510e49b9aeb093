#include "rankadaptor/llama/calibration.h"

#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"
#include "rankadaptor/common/random_stream.h"

#include "evaluators/llama/checkpoint/strict_json.h"

namespace rankadaptor::llama {
namespace {

using nlohmann::json;
using Ids = std::vector<int32_t>;

Status CheckOptions(const CalibrationOptions& options) {
  if (options.num_windows < 1) {
    return InvalidArgument(
        "num_windows = " + std::to_string(options.num_windows) + " is below 1");
  }
  if (options.window_tokens < 2) {
    return InvalidArgument(
        "window_tokens = " + std::to_string(options.window_tokens) +
        " is below 2, nothing would be predicted");
  }
  return {};
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

// Draws windows from units of text with one stream for all decisions.
class WindowSampler {
 public:
  WindowSampler(const Tokenizer& tokenizer, const CalibrationOptions& options)
      : tokenizer_(tokenizer),
        options_(options),
        random_(options.seed, "calibration") {}

  // Goes through the lines in random order, which is drawing without
  // replacement, and passes over those that are too short (spec 1.11).
  Result<TokenWindows> FromLines(std::string_view text) {
    std::vector<std::string_view> lines = Lines(text);
    random_.Shuffle(std::span(lines));
    TokenWindows windows;
    for (size_t i = 0; i < lines.size() && !Enough(windows); ++i) {
      RA_ASSIGN_OR_RETURN(const Ids ids, Encode(lines[i]));
      if (LongEnough(ids)) windows.push_back(RandomWindow(ids));
    }
    return windows;
  }

  Result<TokenWindows> FromWholeText(std::string_view text) {
    RA_ASSIGN_OR_RETURN(const Ids ids, Encode(text));
    TokenWindows windows;
    while (LongEnough(ids) && !Enough(windows)) {
      windows.push_back(RandomWindow(ids));
    }
    return windows;
  }

 private:
  bool Enough(const TokenWindows& windows) const {
    return static_cast<int64_t>(windows.size()) == options_.num_windows;
  }
  bool LongEnough(const Ids& ids) const {
    return static_cast<int64_t>(ids.size()) >= options_.window_tokens;
  }
  Result<Ids> Encode(std::string_view text) const {
    RA_ASSIGN_OR_RETURN(Ids ids, tokenizer_.Encode(text));
    if (tokenizer_.bos_id() >= 0) ids.insert(ids.begin(), tokenizer_.bos_id());
    return ids;
  }
  Ids RandomWindow(const Ids& ids) {
    const auto last = static_cast<int64_t>(ids.size()) - options_.window_tokens;
    const auto begin = ids.begin() + random_.UniformInt(0, last);
    return Ids(begin, begin + options_.window_tokens);
  }

  const Tokenizer& tokenizer_;
  const CalibrationOptions& options_;
  RandomStream random_;
};

Result<Ids> ParseWindow(const json& row, const std::string& where) {
  if (!row.is_array()) return InvalidArgument(where + " is not a list of ids");
  Ids ids;
  for (const json& entry : row) {
    // Compared before the conversion, which would wrap.
    if (!entry.is_number_integer() || entry < 0 || entry > INT32_MAX) {
      return InvalidArgument(where + " has the entry " +
                             internal::JsonForMessage(entry) +
                             ", which is not a token id");
    }
    ids.push_back(entry.get<int32_t>());
  }
  return ids;
}

Result<TokenWindows> ParseWindows(const json& root) {
  if (!root.is_array()) {
    return InvalidArgument("must be a list of lists of token ids");
  }
  TokenWindows windows;
  for (const json& row : root) {
    const std::string where = "window " + std::to_string(windows.size());
    RA_ASSIGN_OR_RETURN(Ids ids, ParseWindow(row, where));
    windows.push_back(std::move(ids));
  }
  return windows;
}

}  // namespace

Result<TokenWindows> SampleCalibrationWindows(
    const std::filesystem::path& text_file,
    const Tokenizer& tokenizer,
    const CalibrationOptions& options) {
  RA_RETURN_IF_ERROR(CheckOptions(options));
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(text_file));
  WindowSampler sampler(tokenizer, options);
  const bool by_line = options.unit == CalibrationUnit::kLine;
  RA_ASSIGN_OR_RETURN(
      TokenWindows windows,
      by_line ? sampler.FromLines(text) : sampler.FromWholeText(text));
  if (static_cast<int64_t>(windows.size()) < options.num_windows) {
    return InvalidArgument(text_file.string() + ": has " +
                           std::to_string(windows.size()) +
                           (by_line ? " lines" : " places") + " with " +
                           std::to_string(options.window_tokens) +
                           " tokens or more, num_windows = " +
                           std::to_string(options.num_windows) + " are needed");
  }
  return windows;
}

Result<TokenWindows> ReadCalibrationIds(const std::filesystem::path& file,
                                        int64_t vocab_size) {
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  RA_ASSIGN_OR_RETURN(const json root,
                      internal::ParseJson(text, file.string()));
  auto windows = ParseWindows(root);
  if (!windows.has_value()) return InContext(file.string(), windows.error());
  Status fits = CheckCalibrationWindows(*windows, vocab_size);
  if (!fits.has_value()) return InContext(file.string(), fits.error());
  return windows;
}

Status CheckCalibrationWindows(const TokenWindows& windows,
                               int64_t vocab_size) {
  if (windows.empty()) return InvalidArgument("no calibration window is given");
  for (size_t i = 0; i < windows.size(); ++i) {
    const std::string where = "window " + std::to_string(i);
    if (windows[i].size() < 2 || windows[i].size() != windows[0].size()) {
      return InvalidArgument(
          where + " has " + std::to_string(windows[i].size()) +
          " tokens; all windows must have the same length of at least 2");
    }
    for (int32_t id : windows[i]) {
      if (id < 0 || id >= vocab_size) {
        return InvalidArgument(where + " has the id " + std::to_string(id) +
                               ", the vocabulary is 0.." +
                               std::to_string(vocab_size - 1));
      }
    }
  }
  return {};
}

}  // namespace rankadaptor::llama
