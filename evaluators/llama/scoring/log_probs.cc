#include "evaluators/llama/scoring/log_probs.h"

#include <algorithm>

namespace rankadaptor::llama::internal {
namespace {

// Logits held at a time: 64 MB in fp32.
constexpr int64_t kMaxLogits = int64_t{1} << 24;

template <typename T>
void Append(const at::Tensor& from, std::vector<T>& to) {
  const at::Tensor values = from.to(at::kCPU).contiguous();
  const T* data = static_cast<const T*>(values.const_data_ptr());
  to.insert(to.end(), data, data + values.numel());
}

}  // namespace

at::Tensor ToDeviceTensor(std::span<const int64_t> values,
                          at::IntArrayRef shape,
                          at::Device device) {
  at::Tensor tensor = at::empty(shape, at::kLong);
  std::ranges::copy(values, tensor.mutable_data_ptr<int64_t>());
  return tensor.to(device);
}

TargetLogProbs LogProbsOf(const Transformer& transformer,
                          const at::Tensor& hidden,
                          std::span<const int64_t> targets) {
  const auto num_targets = static_cast<int64_t>(targets.size());
  const at::Tensor target_ids =
      ToDeviceTensor(targets, {num_targets, 1}, hidden.device());
  const int64_t chunk =
      std::max<int64_t>(1, kMaxLogits / transformer.config().vocab_size);
  TargetLogProbs result;
  for (int64_t begin = 0; begin < num_targets; begin += chunk) {
    const int64_t count = std::min(chunk, num_targets - begin);
    const at::Tensor logits =
        transformer.Logits(hidden.narrow(0, begin, count)).to(at::kFloat);
    const at::Tensor ids = target_ids.narrow(0, begin, count);
    Append(at::log_softmax(logits, -1).gather(1, ids), result.log_probs);
    Append(at::eq(logits.argmax(-1, true), ids), result.is_argmax);
  }
  return result;
}

}  // namespace rankadaptor::llama::internal
