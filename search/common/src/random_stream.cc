#include "rankadaptor/common/random_stream.h"

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <boost/random/uniform_real_distribution.hpp>

#include "rankadaptor/common/check.h"

namespace rankadaptor {
namespace {

// The finaliser of splitmix64: every input bit reaches every output bit.
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

uint64_t DeriveSeed(uint64_t seed, std::string_view purpose, uint64_t index) {
  uint64_t hash = Mix(seed);
  for (unsigned char c : purpose) hash = Mix(hash ^ c);
  return Mix(hash ^ Mix(index + 0x100));
}

struct RandomStream::Engine {
  explicit Engine(uint64_t seed) : generator(seed) {}
  boost::random::mt19937_64 generator;
};

RandomStream::RandomStream(uint64_t seed)
    : engine_(std::make_unique<Engine>(seed)) {}
RandomStream::RandomStream(uint64_t seed,
                           std::string_view purpose,
                           uint64_t index)
    : RandomStream(DeriveSeed(seed, purpose, index)) {}
RandomStream::RandomStream(RandomStream&&) noexcept = default;
RandomStream& RandomStream::operator=(RandomStream&&) noexcept = default;
RandomStream::~RandomStream() = default;

int64_t RandomStream::UniformInt(int64_t low, int64_t high) {
  RA_CHECK(low <= high) << low << " > " << high;
  return boost::random::uniform_int_distribution<int64_t>(
      low, high)(engine_->generator);
}

double RandomStream::UniformReal(double low, double high) {
  RA_CHECK(low < high) << low << " >= " << high;
  return boost::random::uniform_real_distribution<double>(
      low, high)(engine_->generator);
}

double RandomStream::Normal(double mean, double standard_deviation) {
  RA_CHECK(standard_deviation >= 0) << standard_deviation;
  return boost::random::normal_distribution<double>(
      mean, standard_deviation)(engine_->generator);
}

uint64_t RandomStream::Bits() { return engine_->generator(); }

}  // namespace rankadaptor
