// How two benchmarks turn their fields into text (spec 8.2, 8.3).
#ifndef RANKADAPTOR_LLAMA_SCORING_BENCHMARK_TEXT_H_
#define RANKADAPTOR_LLAMA_SCORING_BENCHMARK_TEXT_H_

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace rankadaptor::llama::internal {

// HellaSwag's clean-up of a context or an ending: outer white space, WikiHow's
// [title] and other bracketed marks and double spaces go, in one pass each.
std::string CleanHellaSwagText(std::string_view text);

// HellaSwag's question from the three original fields.
std::string HellaSwagQuery(std::string_view activity_label,
                           std::string_view ctx_a,
                           std::string_view ctx_b);

// A WinoGrande sentence, cut at its first "_".
struct WinograndeParts {
  std::array<std::string, 2> contexts;  // with option 1 and option 2 filled in
  std::string continuation;             // what follows the blank, stripped
};

// Nothing if the sentence has no "_".
std::optional<WinograndeParts> SplitWinograndeSentence(
    std::string_view sentence,
    std::string_view option1,
    std::string_view option2);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_SCORING_BENCHMARK_TEXT_H_
