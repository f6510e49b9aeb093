#include "surrogate/structured/fidelity_relation.h"

#include <cmath>
#include <cstdlib>

namespace rankadaptor::surrogate {
namespace {

constexpr double kOffsetVariance = 4;

// Means and deviations of the normal priors.
constexpr double kCorrelationLogit = 1.7;  // 0.85
constexpr double kCorrelationDeviation = 1;
constexpr double kAmplitudeDeviation = 0.3;  // of the logarithm, mean 0
constexpr double kNoiseLogarithm = 0.4;      // 1.5
constexpr double kNoiseDeviation = 0.7;

double Squared(double x) { return x * x; }

}  // namespace

double FidelityRelation::Factor(int level_a, int level_b) const {
  return std::pow(amplitude, level_a + level_b) *
         std::pow(correlation, std::abs(level_a - level_b));
}

double FidelityRelation::Offset(int level_a, int level_b) {
  return level_a == level_b && level_a > 0 ? kOffsetVariance : 0;
}

double FidelityRelation::NoiseRatio(int level) const {
  return std::pow(noise_ratio, level);
}

double FidelityRelation::Penalty() const {
  const double logit = std::log(correlation / (1 - correlation));
  return (Squared((logit - kCorrelationLogit) / kCorrelationDeviation) +
          Squared(std::log(amplitude) / kAmplitudeDeviation) +
          Squared((std::log(noise_ratio) - kNoiseLogarithm) /
                  kNoiseDeviation)) /
         2;
}

}  // namespace rankadaptor::surrogate
