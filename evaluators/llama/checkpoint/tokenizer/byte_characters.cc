#include "evaluators/llama/checkpoint/tokenizer/byte_characters.h"

#include <array>
#include <cstdint>

#include <unicode/utf8.h>

namespace rankadaptor::llama::internal {
namespace {

constexpr bool StandsForItself(int byte) {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) ||
         byte >= 0xae;
}

constexpr int kNumOthers = 68;

// The byte that U+0100 + i stands for.
constexpr std::array<uint8_t, kNumOthers> OtherBytes() {
  std::array<uint8_t, kNumOthers> bytes = {};
  size_t next = 0;
  for (int byte = 0; byte < 256; ++byte) {
    if (!StandsForItself(byte)) bytes[next++] = static_cast<uint8_t>(byte);
  }
  return bytes;
}

}  // namespace

std::optional<std::string> BytesOfToken(std::string_view token) {
  static constexpr std::array<uint8_t, kNumOthers> kOthers = OtherBytes();
  std::string bytes;
  const auto size = static_cast<int32_t>(token.size());
  for (int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(token.data(), i, size, c);
    if (c >= 0x100 && c < 0x100 + kNumOthers) {
      bytes.push_back(static_cast<char>(kOthers[static_cast<size_t>(c) - 256]));
    } else if (c >= 0 && c < 0x100 && StandsForItself(c)) {
      bytes.push_back(static_cast<char>(c));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

}  // namespace rankadaptor::llama::internal
