#include "search/tilt.h"

#include <algorithm>
#include <cmath>

namespace rankadaptor::internal {
namespace {

constexpr double kMaxTilt = 1e6;
constexpr int kBisections = 60;
constexpr size_t kMaxSweeps = 20;
// Constraints times sweeps: many constraints are balanced only roughly, which
// costs acceptance but not uniformity.
constexpr size_t kMaxUpdates = 64;

double ExpectedCost(const ScaledConstraints& scaled,
                    size_t constraint,
                    const std::vector<double>& tilts) {
  double expected = 0;
  for (size_t p = 0; p < scaled.blocks.size(); ++p) {
    if (scaled.blocks[p].choices.size() == 1) continue;  // costs 0
    const std::vector<double> probabilities =
        TiltedProbabilities(scaled, p, tilts);
    for (size_t c = 0; c < probabilities.size(); ++c) {
      expected += probabilities[c] * scaled.costs[constraint][p][c];
    }
  }
  return expected;
}

// Sets the tilt that balances one constraint, the others as they are.
void Balance(const ScaledConstraints& scaled,
             size_t constraint,
             std::vector<double>& tilts) {
  auto too_dear = [&](double tilt) {
    tilts[constraint] = tilt;
    return ExpectedCost(scaled, constraint, tilts) > 1;
  };
  if (!too_dear(0)) return;
  double low = 0;
  double high = 1;
  while (high < kMaxTilt && too_dear(high)) high *= 2;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = (low + high) / 2;
    (too_dear(middle) ? low : high) = middle;
  }
  tilts[constraint] = high;
}

}  // namespace

std::vector<double> FindTilts(const ScaledConstraints& scaled) {
  const size_t num_constraints = scaled.costs.size();
  std::vector<double> tilts(num_constraints, 0);
  if (num_constraints == 0) return tilts;
  const size_t num_sweeps =
      num_constraints == 1
          ? 1
          : std::clamp(kMaxUpdates / num_constraints, size_t{1}, kMaxSweeps);
  for (size_t sweep = 0; sweep < num_sweeps; ++sweep) {
    for (size_t k = 0; k < num_constraints; ++k) Balance(scaled, k, tilts);
  }
  return tilts;
}

std::vector<double> TiltedProbabilities(const ScaledConstraints& scaled,
                                        size_t block,
                                        const std::vector<double>& tilts) {
  std::vector<double> weights(scaled.blocks[block].choices.size(), 0);
  for (size_t k = 0; k < tilts.size(); ++k) {
    for (size_t c = 0; c < weights.size(); ++c) {
      weights[c] -= tilts[k] * scaled.costs[k][block][c];
    }
  }
  const double largest = *std::ranges::max_element(weights);
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace rankadaptor::internal
