// The weights of a model on ATen tensors and their names in files.
#ifndef RANKADAPTOR_LLAMA_MODEL_WEIGHTS_H_
#define RANKADAPTOR_LLAMA_MODEL_WEIGHTS_H_

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/llama/model_config.h"

namespace rankadaptor::llama::internal {

// Weights of one decoder layer; matrices are [out, in].
struct LayerWeights {
  std::array<at::Tensor, kNumProjections> projections;  // by Projection
  std::array<at::Tensor, kNumProjections> biases;  // [out]; undefined: none
  at::Tensor input_norm;                           // [hidden]
  at::Tensor post_attention_norm;                  // [hidden]
  at::Tensor query_norm;  // [head_dim] of each head of q; undefined: none
  at::Tensor key_norm;    // the same of k

  at::Tensor& operator[](Projection p) {
    return projections[static_cast<size_t>(p)];
  }
  const at::Tensor& operator[](Projection p) const {
    return projections[static_cast<size_t>(p)];
  }
  const at::Tensor& bias(Projection p) const {
    return biases[static_cast<size_t>(p)];
  }
};

// Calls body(name, tensor) for every place of a layer in the order of
// NamedTensors, also where the tensor is undefined. `name` is as in
// LayerTensor: "self_attn.q_proj.weight".
template <typename Layer, typename Body>
void ForEachTensor(Layer& layer, Body&& body) {
  body("input_layernorm.weight", layer.input_norm);
  for (size_t p = 0; p < kNumProjections; ++p) {
    const std::string module = ProjectionName(static_cast<Projection>(p));
    body(module + ".weight", layer.projections[p]);
    body(module + ".bias", layer.biases[p]);
  }
  body("self_attn.q_norm.weight", layer.query_norm);
  body("self_attn.k_norm.weight", layer.key_norm);
  body("post_attention_layernorm.weight", layer.post_attention_norm);
}

// Weights of a model; `lm_head` is undefined when embeddings are tied.
struct Weights {
  at::Tensor embed_tokens;  // [vocab, hidden]
  std::vector<LayerWeights> layers;
  at::Tensor final_norm;  // [hidden]
  at::Tensor lm_head;     // [vocab, hidden] or undefined
};

// Every defined tensor in Hugging Face's names (spec 7.11), e.g. for saving;
// lm_head.weight is left out when tied.
std::vector<std::pair<std::string, at::Tensor>> NamedTensors(
    const Weights& weights);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_MODEL_WEIGHTS_H_
