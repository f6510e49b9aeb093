#include "tests/unit/llama_training/sha256.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace rankadaptor::testing {
namespace {

bool IsPrime(uint32_t n) {
  for (uint32_t d = 2; d * d <= n; ++d) {
    if (n % d == 0) return false;
  }
  return true;
}

// First 32 bits of the fractional part.
uint32_t Fraction(long double x) {
  return static_cast<uint32_t>((x - std::floor(x)) * 0x1p32L);
}

// The standard's constants: roots of the first primes.
struct Constants {
  Constants() {
    size_t count = 0;
    for (uint32_t n = 2; count < round.size(); ++n) {
      if (!IsPrime(n)) continue;
      round[count] = Fraction(std::cbrt(static_cast<long double>(n)));
      if (count < initial.size()) {
        initial[count] = Fraction(std::sqrt(static_cast<long double>(n)));
      }
      ++count;
    }
  }
  std::array<uint32_t, 64> round{};
  std::array<uint32_t, 8> initial{};
};

std::array<uint32_t, 64> Schedule(std::string_view block) {
  std::array<uint32_t, 64> w{};
  for (size_t i = 0; i < 64; ++i) {
    w[i / 4] = w[i / 4] << 8 | static_cast<uint8_t>(block[i]);
  }
  for (size_t i = 16; i < 64; ++i) {
    const uint32_t a = w[i - 15];
    const uint32_t b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] +
           (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) +
           (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
  }
  return w;
}

void AddBlock(std::string_view block,
              const Constants& constants,
              std::array<uint32_t, 8>& hash) {
  const std::array<uint32_t, 64> w = Schedule(block);
  auto [a, b, c, d, e, f, g, h] = hash;
  for (size_t i = 0; i < 64; ++i) {
    const uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t t1 =
        h + s1 + ((e & f) ^ (~e & g)) + constants.round[i] + w[i];
    const uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<uint32_t, 8> rounds = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; ++i) hash[i] += rounds[i];
}

// The message, a one bit, zeros, and its length in bits as the last 8 bytes.
std::string Padded(std::string_view bytes) {
  std::string text(bytes);
  text.push_back('\x80');
  while (text.size() % 64 != 56) text.push_back('\0');
  const uint64_t bits = uint64_t{bytes.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>(bits >> shift));
  }
  return text;
}

}  // namespace

std::string Sha256(std::string_view bytes) {
  static const Constants constants;
  std::array<uint32_t, 8> hash = constants.initial;
  const std::string text = Padded(bytes);
  for (size_t i = 0; i < text.size(); i += 64) {
    AddBlock(std::string_view(text).substr(i, 64), constants, hash);
  }
  std::string hex;
  for (uint32_t word : hash) {
    for (int shift = 28; shift >= 0; shift -= 4) {
      hex.push_back("0123456789abcdef"[word >> shift & 15]);
    }
  }
  return hex;
}

}  // namespace rankadaptor::testing
