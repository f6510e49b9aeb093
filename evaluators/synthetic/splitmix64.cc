#include "evaluators/synthetic/splitmix64.h"

namespace rankadaptor::synthetic {
namespace {

constexpr uint64_t kIncrement = 0x9E3779B97F4A7C15ULL;
constexpr int kUniformsPerGauss = 12;

}  // namespace

uint64_t SplitMix64::Next() {
  state_ += kIncrement;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

double SplitMix64::ToUnit(uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

double SplitMix64::Gauss() {
  double sum = 0;
  for (int i = 0; i < kUniformsPerGauss; ++i) sum += Unit();
  return sum - 6.0;
}

void SplitMix64::SkipGauss(uint64_t n) {
  state_ += n * kUniformsPerGauss * kIncrement;
}

uint64_t Mix(uint64_t a, uint64_t b) {
  return SplitMix64(a ^ (b * 0xD1342543DE82EF95ULL)).Next();
}

}  // namespace rankadaptor::synthetic
