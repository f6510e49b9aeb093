// Python's text functions over UTF-8. The benchmarks' texts and lengths are
// defined by programs written in Python, so white space, letter case and length
// have to be Python's. Bytes that are not UTF-8 count as one character each.
#ifndef RANKADAPTOR_LLAMA_SCORING_TEXT_H_
#define RANKADAPTOR_LLAMA_SCORING_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace rankadaptor::llama::internal {

// len(text): the number of code points.
int64_t CountCodePoints(std::string_view text);

// text.rstrip(), text.lstrip() and text.strip(): views into `text`.
std::string_view StripRight(std::string_view text);
std::string_view StripLeft(std::string_view text);
std::string_view Strip(std::string_view text);

// text.capitalize(): the first character in title case ("ss" for sharp s
// becomes "Ss"), all others in lower case.
std::string Capitalize(std::string_view text);

// `text` with every non-overlapping `from`, left to right, replaced by `to`.
std::string ReplaceAll(std::string_view text,
                       std::string_view from,
                       std::string_view to);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_SCORING_TEXT_H_
