#include "runners/llama/prompts_file.h"

#include <string_view>

#include <nlohmann/json.hpp>

#include "rankadaptor/common/file.h"

namespace rankadaptor::runners {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 26;

Result<std::string> PromptOf(std::string_view line, const std::string& place) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("prompt") ||
      !json["prompt"].is_string()) {
    return InvalidArgument(place + ": is not an object with a text \"prompt\"");
  }
  return json["prompt"].get<std::string>();
}

}  // namespace

Result<std::vector<std::string>> ReadPromptsFile(
    const std::filesystem::path& file) {
  RA_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kMaxBytes));
  const bool is_json = file.extension() == ".jsonl";
  std::vector<std::string> prompts;
  std::string_view rest = text;
  for (int64_t number = 1; !rest.empty(); ++number) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (!is_json) {
      prompts.emplace_back(line);
      continue;
    }
    RA_ASSIGN_OR_RETURN(
        std::string prompt,
        PromptOf(line, file.string() + ": line " + std::to_string(number)));
    prompts.push_back(std::move(prompt));
  }
  if (prompts.empty()) {
    return InvalidArgument(file.string() + ": holds no prompt");
  }
  return prompts;
}

}  // namespace rankadaptor::runners
