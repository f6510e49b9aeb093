#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "rankadaptor/llama/bit_width_evaluator.h"

namespace rankadaptor::llama {
namespace {

Status CheckOptions(const BitWidthSpaceOptions& options) {
  const std::vector<int>& candidates = options.candidates;
  const bool in_range = !candidates.empty() && candidates.front() >= kMinBits &&
                        candidates.back() <= kMaxBits;
  if (!in_range ||
      std::ranges::adjacent_find(candidates, std::greater_equal<>()) !=
          candidates.end()) {
    return InvalidArgument(
        "candidate bit widths must be strictly ascending, from " +
        std::to_string(kMinBits) + " to " + std::to_string(kMaxBits) +
        ", with at least one");
  }
  if (options.quantisation.group_size < 2) {
    return InvalidArgument("group size " +
                           std::to_string(options.quantisation.group_size) +
                           " is not at least 2");
  }
  return {};
}

LinearConstraint MakeBudget(const LlamaConfig& config,
                            const BitWidthSpaceOptions& options) {
  LinearConstraint budget{"bytes", {}, static_cast<double>(*options.max_bytes)};
  for (int layer = 0; layer < config.num_layers(); ++layer) {
    std::vector<double>& weights = budget.weights.emplace_back();
    for (int bits : options.candidates) {
      weights.push_back(static_cast<double>(
          QuantisedLayerBytes(config, layer, bits, options.quantisation)));
    }
  }
  return budget;
}

}  // namespace

Result<SearchSpace> MakeBitWidthSpace(const LlamaConfig& config,
                                      const BitWidthSpaceOptions& options) {
  RA_RETURN_IF_ERROR(CheckOptions(options));
  std::vector<Parameter> parameters;
  for (int i = 0; i < config.num_layers(); ++i) {
    parameters.push_back(
        {"layer " + std::to_string(i),
         {options.candidates.begin(), options.candidates.end()}});
  }
  std::vector<LinearConstraint> constraints;
  if (options.max_bytes) constraints.push_back(MakeBudget(config, options));
  auto space =
      SearchSpace::Create(std::move(parameters), std::move(constraints));
  // Everything else was checked.
  if (!space) return InContext("budget", space.error());
  return space;
}

std::vector<int> BitWidthsOf(const SearchSpace& space,
                             const Configuration& configuration) {
  const std::vector<double> values = space.Values(configuration);
  return {values.begin(), values.end()};
}

}  // namespace rankadaptor::llama
