#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "rankadaptor/llama/export.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::llama {
namespace {

using internal::LayerWeights;
using internal::Transformer;

int64_t NumServed(const LayerShape& layer) {
  return layer.num_heads / layer.num_kv_heads;
}

// The fewest heads that divide the hidden size and leave room for so many KV
// heads that serve so many query heads each. Nothing if there are none.
std::optional<LayerShape> WithDividingHeads(LayerShape shape,
                                            int64_t hidden_size) {
  const int64_t served = NumServed(shape);
  for (int64_t heads = shape.num_heads; heads <= hidden_size; ++heads) {
    if (hidden_size % heads != 0) continue;
    for (int64_t kv = shape.num_kv_heads; kv * served <= heads; ++kv) {
      if (heads % kv == 0) {
        return LayerShape{heads, kv, shape.intermediate_size};
      }
    }
  }
  return std::nullopt;
}

// The smallest shape that every layer fits into with its groups of heads and
// that transformers accepts.
LayerShape UniformShape(const LlamaConfig& config) {
  LayerShape uniform;
  int64_t most_served = 0;
  for (const LayerShape& layer : config.layers) {
    most_served = std::max(most_served, NumServed(layer));
    uniform.num_kv_heads = std::max(uniform.num_kv_heads, layer.num_kv_heads);
    uniform.intermediate_size =
        std::max(uniform.intermediate_size, layer.intermediate_size);
  }
  uniform.num_heads = most_served * uniform.num_kv_heads;
  if (!config.architecture->heads_divide_hidden) return uniform;
  return WithDividingHeads(uniform, config.hidden_size).value_or(uniform);
}

// Where the channels of a layer's query heads go: [num_heads * head_dim].
at::Tensor QueryChannels(const LayerShape& layer,
                         const LayerShape& uniform,
                         int64_t head_dim) {
  const int64_t served = NumServed(layer);
  const at::Tensor heads = at::arange(layer.num_heads, at::kLong);
  const at::Tensor places =
      heads.floor_divide(served) * NumServed(uniform) + heads.remainder(served);
  return (places.unsqueeze(1) * head_dim +
          at::arange(head_dim, at::kLong).unsqueeze(0))
      .flatten();
}

// `size` slices along `axis`, zeros but for those of `weight` at `places`.
at::Tensor Spread(const at::Tensor& weight,
                  int64_t axis,
                  int64_t size,
                  const at::Tensor& places) {
  std::vector<int64_t> shape = weight.sizes().vec();
  shape[static_cast<size_t>(axis)] = size;
  return at::zeros(shape, weight.options())
      .index_copy_(axis, places.to(weight.device()), weight);
}

// `size` slices along `axis`, those of `weight` first.
at::Tensor Fill(const at::Tensor& weight, int64_t axis, int64_t size) {
  return Spread(weight, axis, size, at::arange(weight.size(axis), at::kLong));
}

// The biases belong to the rows; those of o and down have the hidden size.
void PadBiases(const LayerShape& uniform,
               int64_t head_dim,
               const at::Tensor& query_places,
               LayerWeights& weights) {
  const auto pad = [&](Projection p, auto&& padded) {
    at::Tensor& bias = weights.biases[static_cast<size_t>(p)];
    if (bias.defined()) bias = padded(bias);
  };
  pad(Projection::kQ, [&](const at::Tensor& bias) {
    return Spread(bias, 0, uniform.num_heads * head_dim, query_places);
  });
  for (Projection p : {Projection::kK, Projection::kV}) {
    pad(p, [&](const at::Tensor& bias) {
      return Fill(bias, 0, uniform.num_kv_heads * head_dim);
    });
  }
  for (Projection p : {Projection::kGate, Projection::kUp}) {
    pad(p, [&](const at::Tensor& bias) {
      return Fill(bias, 0, uniform.intermediate_size);
    });
  }
}

void PadLayer(const LayerShape& layer,
              const LayerShape& uniform,
              int64_t head_dim,
              LayerWeights& weights) {
  if (layer == uniform) return;
  const at::Tensor places = QueryChannels(layer, uniform, head_dim);
  const int64_t query_width = uniform.num_heads * head_dim;
  weights[Projection::kQ] =
      Spread(weights[Projection::kQ], 0, query_width, places);
  weights[Projection::kO] =
      Spread(weights[Projection::kO], 1, query_width, places);
  for (Projection p : {Projection::kK, Projection::kV}) {
    weights[p] = Fill(weights[p], 0, uniform.num_kv_heads * head_dim);
  }
  for (Projection p : {Projection::kGate, Projection::kUp}) {
    weights[p] = Fill(weights[p], 0, uniform.intermediate_size);
  }
  weights[Projection::kDown] =
      Fill(weights[Projection::kDown], 1, uniform.intermediate_size);
  PadBiases(uniform, head_dim, places, weights);
}

}  // namespace

Result<Model> PadToUniformShape(Model model) {
  return internal::CatchTorch([&]() -> Result<Model> {
    const c10::NoGradGuard no_gradients;
    LlamaConfig config = model.config();
    const LayerShape uniform = UniformShape(config);
    internal::Weights weights = internal::TakeWeights(std::move(model));
    for (size_t i = 0; i < config.layers.size(); ++i) {
      PadLayer(config.layers[i], uniform, config.head_dim, weights.layers[i]);
      config.layers[i] = uniform;
    }
    return Model(std::make_shared<const Transformer>(std::move(config),
                                                     std::move(weights)));
  });
}

}  // namespace rankadaptor::llama
