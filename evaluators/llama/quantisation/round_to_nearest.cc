#include "evaluators/llama/quantisation/round_to_nearest.h"

#include <vector>

namespace rankadaptor::llama::internal {
namespace {

at::Tensor RoundedToHalf(const at::Tensor& values) {
  return values.to(at::kHalf).to(at::kFloat);
}

// groups: fp32 [..., group]
at::Tensor RoundGroups(const at::Tensor& groups, int bits) {
  const double last = static_cast<double>((1 << bits) - 1);
  const at::Tensor minimum = RoundedToHalf(groups.amin(-1, /*keepdim=*/true));
  const at::Tensor range = groups.amax(-1, /*keepdim=*/true) - minimum;
  const at::Tensor step = RoundedToHalf(range / last);
  // A group of equal values has no step.
  const at::Tensor divisor = at::where(step == 0, at::ones_like(step), step);
  const at::Tensor index =
      at::round((groups - minimum) / divisor).clamp(0, last);
  return index * step + minimum;
}

}  // namespace

at::Tensor RoundToNearest(const at::Tensor& weight, int bits, int group_size) {
  const int64_t rows = weight.size(0);
  const int64_t columns = weight.size(1);
  const int64_t whole = columns / group_size * group_size;
  const at::Tensor values = weight.to(at::kFloat);
  std::vector<at::Tensor> parts;
  if (whole > 0) {
    const at::Tensor groups =
        values.narrow(1, 0, whole).reshape({rows, -1, group_size});
    parts.push_back(RoundGroups(groups, bits).reshape({rows, whole}));
  }
  if (whole < columns) {
    parts.push_back(
        RoundGroups(values.narrow(1, whole, columns - whole), bits));
  }
  return at::cat(parts, 1).to(weight.scalar_type());
}

}  // namespace rankadaptor::llama::internal
