#include "tests/support/random_model.h"

#include <cmath>

#include <ATen/ATen.h>

#include "rankadaptor/common/random_stream.h"

#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::testing {
namespace {

at::Tensor RandomTensor(std::vector<int64_t> shape,
                        double mean,
                        double deviation,
                        RandomStream& stream) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* data = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    data[i] = static_cast<float>(stream.Normal(mean, deviation));
  }
  return tensor;
}

}  // namespace

llama::LlamaConfig SmallConfig() {
  llama::LlamaConfig config;
  config.vocab_size = 32;
  config.hidden_size = 16;
  config.head_dim = 4;
  config.layers = {{4, 2, 24}, {2, 1, 16}, {6, 3, 8}};
  config.rms_norm_eps = 1e-5;
  config.max_position_embeddings = 64;
  config.tie_word_embeddings = true;
  return config;
}

llama::Model RandomModel(const llama::LlamaConfig& config, uint64_t seed) {
  RandomStream stream(seed, "random model");
  auto norm = [&] {
    return RandomTensor({config.hidden_size}, 1.0, 0.2, stream);
  };
  auto table = [&] {
    return RandomTensor(
        {config.vocab_size, config.hidden_size}, 0, 1.0, stream);
  };
  llama::internal::Weights weights;
  weights.embed_tokens = table();
  for (int i = 0; i < config.num_layers(); ++i) {
    llama::internal::LayerWeights layer;
    for (int p = 0; p < llama::kNumProjections; ++p) {
      auto projection = static_cast<llama::Projection>(p);
      llama::MatrixShape shape = llama::ProjectionShape(config, i, projection);
      layer[projection] =
          RandomTensor({shape.rows, shape.columns},
                       0,
                       1 / std::sqrt(static_cast<double>(shape.columns)),
                       stream);
    }
    layer.input_norm = norm();
    layer.post_attention_norm = norm();
    weights.layers.push_back(std::move(layer));
  }
  weights.final_norm = norm();
  if (!config.tie_word_embeddings) weights.lm_head = table();
  return llama::Model(std::make_shared<const llama::internal::Transformer>(
      config, std::move(weights)));
}

}  // namespace rankadaptor::testing
