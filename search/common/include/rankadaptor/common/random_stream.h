// A RandomStream is a reproducible source of random numbers: the same seed
// gives the same numbers on every platform and with every compiler
// (Boost.Random distributions; the standard library's differ between vendors).
//
// A study has one seed. Every consumer derives its own stream from (seed,
// purpose, index), so that neither the number of threads nor the order in which
// trials finish changes a result:
//
//   RandomStream stream(study_seed, "initial design", trial_id);
//   int level = stream.UniformInt(0, 5);
//
// Thread-compatible: one thread at a time per stream.
#ifndef RANKADAPTOR_COMMON_RANDOM_STREAM_H_
#define RANKADAPTOR_COMMON_RANDOM_STREAM_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace rankadaptor {

// A 64-bit seed that differs for every (seed, purpose, index); stable across
// versions (it is part of what makes a stored study repeatable).
uint64_t DeriveSeed(uint64_t seed,
                    std::string_view purpose,
                    uint64_t index = 0);

class RandomStream {
 public:
  explicit RandomStream(uint64_t seed);
  RandomStream(uint64_t seed, std::string_view purpose, uint64_t index = 0);
  RandomStream(RandomStream&&) noexcept;
  RandomStream& operator=(RandomStream&&) noexcept;
  ~RandomStream();

  // Uniform in [low, high], both ends included. Requires low <= high.
  int64_t UniformInt(int64_t low, int64_t high);
  // Uniform in [low, high). Requires low < high.
  double UniformReal(double low, double high);
  // Normal with the given mean and standard deviation >= 0.
  double Normal(double mean, double standard_deviation);
  // 64 uniform bits.
  uint64_t Bits();

  // Fisher-Yates: every order equally likely.
  template <typename T>
  void Shuffle(std::span<T> values) {
    for (size_t i = values.size(); i > 1; --i) {
      auto j = static_cast<size_t>(UniformInt(0, static_cast<int64_t>(i) - 1));
      std::swap(values[i - 1], values[j]);
    }
  }

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace rankadaptor

#endif  // RANKADAPTOR_COMMON_RANDOM_STREAM_H_
