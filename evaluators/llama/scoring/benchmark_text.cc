#include "evaluators/llama/scoring/benchmark_text.h"

#include "evaluators/llama/scoring/text.h"

namespace rankadaptor::llama::internal {
namespace {

// Without every shortest "[...]" that lies on one line.
std::string RemoveBracketed(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') {
      const size_t end = text.find_first_of("]\n", i + 1);
      if (end != std::string_view::npos && text[end] == ']') {
        i = end;
        continue;
      }
    }
    result += text[i];
  }
  return result;
}

}  // namespace

std::string CleanHellaSwagText(std::string_view text) {
  const std::string with_titles = ReplaceAll(Strip(text), " [title]", ". ");
  return ReplaceAll(RemoveBracketed(with_titles), "  ", " ");
}

std::string HellaSwagQuery(std::string_view activity_label,
                           std::string_view ctx_a,
                           std::string_view ctx_b) {
  std::string query(activity_label);
  query.append(": ").append(ctx_a).append(" ").append(Capitalize(ctx_b));
  return CleanHellaSwagText(query);
}

std::optional<WinograndeParts> SplitWinograndeSentence(
    std::string_view sentence,
    std::string_view option1,
    std::string_view option2) {
  const size_t blank = sentence.find('_');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::string before(sentence.substr(0, blank));
  return WinograndeParts{
      {before + std::string(option1), before + std::string(option2)},
      std::string(Strip(sentence.substr(blank + 1)))};
}

}  // namespace rankadaptor::llama::internal
