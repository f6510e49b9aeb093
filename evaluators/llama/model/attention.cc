#include "evaluators/llama/model/attention.h"

#include <limits>

#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama::internal {
namespace {

at::Tensor Causal(int64_t length, const at::Device& device) {
  return at::ones({length, length}, at::TensorOptions(at::kBool).device(device))
      .tril();
}

// True where query i may look at key j: the past that is not padding. A padded
// query sees itself, so that no row is empty (nobody reads its output).
at::Tensor VisibleKeys(const at::Tensor& attention_mask) {
  const int64_t length = attention_mask.size(1);
  at::Tensor visible =
      Causal(length, attention_mask.device()) & attention_mask.unsqueeze(1);
  at::Tensor self = at::eye(length, attention_mask.options());
  return (visible | self).unsqueeze(1);  // [batch, 1, length, length]
}

// The prefix's rows too, which BranchLayout leaves out.
at::Tensor WithPrefixRows(const BranchLayout& branches) {
  const at::Tensor& visible = branches.visible;
  const int64_t length = visible.size(3);
  at::Tensor prefix = Causal(length, visible.device())
                          .narrow(0, 0, branches.prefix_length)
                          .expand({visible.size(0), 1, -1, -1});
  return at::cat({prefix, visible}, 2);
}

// What options without a window allow, for every query.
at::Tensor VisibleToAll(const ForwardOptions& options,
                        const at::Tensor& positions) {
  if (options.branches != nullptr) return WithPrefixRows(*options.branches);
  if (options.attention_mask.defined()) {
    return VisibleKeys(options.attention_mask);
  }
  return Causal(positions.size(-1), positions.device())
      .unsqueeze(0)
      .unsqueeze(0);
}

// True where the key is one of the last `window` tokens up to the query.
at::Tensor WithinWindow(const at::Tensor& positions, int64_t window) {
  at::Tensor near = positions.unsqueeze(-1) - positions.unsqueeze(-2) < window;
  return near.dim() == 2 ? near.unsqueeze(0).unsqueeze(0) : near.unsqueeze(1);
}

at::Tensor Additive(const at::Tensor& visible, at::ScalarType dtype) {
  return at::zeros(visible.sizes(), visible.options().dtype(dtype))
      .masked_fill_(visible.logical_not(),
                    -std::numeric_limits<double>::infinity());
}

}  // namespace

AttentionMask MakeAttentionMask(const ForwardOptions& options,
                                const at::Tensor& positions,
                                std::optional<int64_t> window,
                                at::ScalarType dtype) {
  if (window && positions.size(-1) > *window) {
    return {0,
            Additive(VisibleToAll(options, positions) &
                         WithinWindow(positions, *window),
                     dtype)};
  }
  if (options.branches != nullptr) {
    return {options.branches->prefix_length,
            Additive(options.branches->visible, dtype)};
  }
  if (options.attention_mask.defined()) {
    return {0, Additive(VisibleKeys(options.attention_mask), dtype)};
  }
  return {};
}

at::Tensor Attend(const at::Tensor& q,
                  const at::Tensor& k,
                  const at::Tensor& v,
                  const AttentionMask& mask) {
  auto causal =
      [](const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
        return at::scaled_dot_product_attention(
            q, k, v, {}, /*dropout_p=*/0.0, /*is_causal=*/true);
      };
  if (!mask.additive.defined()) return causal(q, k, v);
  const int64_t prefix = mask.prefix_length;
  const int64_t rest = q.size(2) - prefix;
  at::Tensor masked = at::scaled_dot_product_attention(
      q.narrow(2, prefix, rest), k, v, mask.additive);
  if (prefix == 0) return masked;
  at::Tensor before = causal(
      q.narrow(2, 0, prefix), k.narrow(2, 0, prefix), v.narrow(2, 0, prefix));
  return at::cat({before, masked}, 2);
}

}  // namespace rankadaptor::llama::internal
