#include "search/expected_improvement.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rankadaptor::internal {

double ExpectedImprovement(double mean, double deviation, double best) {
  const double spread = std::max(deviation, 1e-9);
  const double z = (mean - best) / spread;
  const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  const double probability = std::erfc(-z / std::numbers::sqrt2) / 2;
  return std::max(0.0, spread * (density + z * probability));
}

}  // namespace rankadaptor::internal
