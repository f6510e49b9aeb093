#include "rankadaptor/common/quote.h"

namespace rankadaptor {
namespace {

bool IsUtf8Continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

void AppendEscaped(char c, std::string& out) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte == 0x7F) {
    out += {'\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    return;
  }
  if (c == '"' || c == '\\') out += '\\';
  out += c;
}

}  // namespace

std::string Quote(std::string_view text, size_t max_bytes) {
  const bool too_long = text.size() > max_bytes;
  if (too_long) {
    while (max_bytes > 0 && IsUtf8Continuation(text[max_bytes])) --max_bytes;
    text = text.substr(0, max_bytes);
  }
  std::string out = "\"";
  for (char c : text) AppendEscaped(c, out);
  out += too_long ? "...\"" : "\"";
  return out;
}

}  // namespace rankadaptor
