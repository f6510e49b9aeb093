#include "evaluators/llama/scoring/text.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "rankadaptor/common/check.h"

namespace rankadaptor::llama::internal {
namespace {

// str.isspace() of one character. Python also counts the four ASCII separators,
// which Unicode's White_Space property does not.
bool IsSpace(UChar32 character) {
  return u_isUWhiteSpace(character) || (character >= 0x1c && character <= 0x1f);
}

}  // namespace

int64_t CountCodePoints(std::string_view text) {
  int64_t count = 0;
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < size; ++count) {
    [[maybe_unused]] UChar32 character = 0;
    U8_NEXT(text.data(), i, size, character);
  }
  return count;
}

std::string_view StripRight(std::string_view text) {
  auto end = static_cast<int32_t>(text.size());
  while (end > 0) {
    int32_t before = end;
    UChar32 character = 0;
    U8_PREV(text.data(), 0, before, character);
    if (!IsSpace(character)) break;
    end = before;
  }
  return text.substr(0, static_cast<size_t>(end));
}

std::string_view StripLeft(std::string_view text) {
  int32_t begin = 0;
  const auto size = static_cast<int32_t>(text.size());
  while (begin < size) {
    int32_t after = begin;
    UChar32 character = 0;
    U8_NEXT(text.data(), after, size, character);
    if (!IsSpace(character)) break;
    begin = after;
  }
  return text.substr(static_cast<size_t>(begin));
}

std::string_view Strip(std::string_view text) {
  return StripLeft(StripRight(text));
}

std::string Capitalize(std::string_view text) {
  std::string result;
  icu::StringByteSink<std::string> sink(&result);
  UErrorCode error = U_ZERO_ERROR;
  icu::CaseMap::utf8ToTitle(
      "",  // no language's special rules
      U_TITLECASE_WHOLE_STRING | U_TITLECASE_NO_BREAK_ADJUSTMENT,
      nullptr,
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())),
      sink,
      nullptr,
      error);
  RA_CHECK(U_SUCCESS(error)) << u_errorName(error);
  return result;
}

std::string ReplaceAll(std::string_view text,
                       std::string_view from,
                       std::string_view to) {
  std::string result;
  size_t begin = 0;
  for (size_t at = text.find(from); at != std::string_view::npos;
       at = text.find(from, begin)) {
    result.append(text, begin, at - begin).append(to);
    begin = at + from.size();
  }
  return result.append(text, begin);
}

}  // namespace rankadaptor::llama::internal
