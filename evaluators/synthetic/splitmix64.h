// The random numbers of the benchmark functions: splitmix64 (Steele, Lea and
// Flood, 2014) with the few derived draws that the functions are defined by.
// Only + - * and shifts, so that any language reproduces them bit for bit.
#ifndef RANKADAPTOR_SYNTHETIC_SPLITMIX64_H_
#define RANKADAPTOR_SYNTHETIC_SPLITMIX64_H_

#include <cstdint>

namespace rankadaptor::synthetic {

class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  uint64_t Next();
  // In [0, 1), 53 bits.
  double Unit() { return ToUnit(Next()); }
  double Uniform(double low, double high) {
    return low + (high - low) * Unit();
  }
  // Irwin-Hall: the sum of 12 uniform numbers less 6.
  double Gauss();
  uint64_t Below(uint64_t n) { return Next() % n; }

  // Passes over `n` draws of Gauss().
  void SkipGauss(uint64_t n);

  static double ToUnit(uint64_t bits);

 private:
  uint64_t state_;
};

// A seed that depends on both.
uint64_t Mix(uint64_t a, uint64_t b);

}  // namespace rankadaptor::synthetic

#endif  // RANKADAPTOR_SYNTHETIC_SPLITMIX64_H_
