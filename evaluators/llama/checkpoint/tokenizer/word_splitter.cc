#include "evaluators/llama/checkpoint/tokenizer/word_splitter.h"

#include <cstdint>
#include <utility>

#include <unicode/normalizer2.h>
#include <unicode/regex.h>
#include <unicode/unistr.h>

#include "rankadaptor/common/check.h"

namespace rankadaptor::llama::internal {
namespace {

icu::UnicodeString ToUnicode(std::string_view text) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

std::string ToUtf8(const icu::UnicodeString& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

// In ICU \s leaves out the vertical tab and U+0085.
std::string InIcuSyntax(std::string_view pattern) {
  std::string result;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '\\' || i + 1 == pattern.size()) {
      result += pattern[i];
      continue;
    }
    const char escaped = pattern[++i];
    if (escaped == 's') {
      result += "\\p{White_Space}";
    } else if (escaped == 'S') {
      result += "\\P{White_Space}";
    } else {
      result += {'\\', escaped};
    }
  }
  return result;
}

}  // namespace

struct WordSplitter::Impl {
  std::unique_ptr<icu::RegexPattern> pattern;
};

WordSplitter::WordSplitter(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
WordSplitter::WordSplitter(WordSplitter&&) noexcept = default;
WordSplitter& WordSplitter::operator=(WordSplitter&&) noexcept = default;
WordSplitter::~WordSplitter() = default;

Result<WordSplitter> WordSplitter::Create(std::string_view pattern) {
  UErrorCode error = U_ZERO_ERROR;
  UParseError place;
  auto impl = std::make_unique<Impl>();
  impl->pattern.reset(icu::RegexPattern::compile(
      ToUnicode(InIcuSyntax(pattern)), 0, place, error));
  if (U_SUCCESS(error)) return WordSplitter(std::move(impl));
  return InvalidArgument(
      std::string("is not a regular expression that ICU understands (") +
      u_errorName(error) + ")");
}

Result<std::vector<std::string>> WordSplitter::Split(
    const std::string& utf8) const {
  // In units of some milliseconds; the expressions in use take microseconds a
  // word.
  constexpr int32_t kTimeLimit = 1000;
  const icu::UnicodeString text = ToUnicode(utf8);
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::RegexMatcher> matcher(
      impl_->pattern->matcher(text, error));
  if (U_SUCCESS(error)) matcher->setTimeLimit(kTimeLimit, error);
  std::vector<std::string> words;
  int32_t end = 0;
  const auto add = [&](int32_t from, int32_t to) {
    if (to > from) words.push_back(ToUtf8(text.tempSubStringBetween(from, to)));
    end = to;
  };
  while (U_SUCCESS(error) && matcher->find(error)) {
    const int32_t from = matcher->start(error);
    add(end, from);
    add(from, matcher->end(error));
  }
  if (U_FAILURE(error)) {
    return InvalidArgument(
        std::string("the tokenizer's regular expression fails on a text (") +
        u_errorName(error) + ")");
  }
  add(end, text.length());
  return words;
}

std::string ValidUtf8(std::string_view text) { return ToUtf8(ToUnicode(text)); }

std::string ComposeNfc(const std::string& text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  RA_CHECK(U_SUCCESS(error)) << u_errorName(error);
  const icu::UnicodeString composed = nfc->normalize(ToUnicode(text), error);
  RA_CHECK(U_SUCCESS(error)) << u_errorName(error);
  return ToUtf8(composed);
}

}  // namespace rankadaptor::llama::internal
