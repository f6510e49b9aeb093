// The forward pass of a LLaMA-family decoder on ATen tensors (spec 7), with
// optional LoRA adapters beside the seven projections of each layer. Gradients
// flow where tensors require them: frozen weights cost none.
//
// Thread-compatible; const members are thread-safe.
#ifndef RANKADAPTOR_LLAMA_MODEL_TRANSFORMER_H_
#define RANKADAPTOR_LLAMA_MODEL_TRANSFORMER_H_

#include <array>
#include <vector>

#include <ATen/ATen.h>

#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/model_config.h"

#include "evaluators/llama/model/weights.h"

namespace rankadaptor::llama::internal {

// One low-rank update y += scale * B(A(dropout(x))); `a` is [rank, in], `b`
// [out, rank]. Undefined tensors: the module is not adapted.
struct LoraModule {
  at::Tensor a;
  at::Tensor b;
  double scale = 1;

  bool defined() const { return a.defined(); }
};

// Adapters of one layer, by Projection.
using LayerAdapters = std::array<LoraModule, kNumProjections>;

// Adapters of a model, [num_layers][kNumProjections].
struct LoraModules {
  std::vector<LayerAdapters> layers;
  double dropout = 0;  // on the input of A, only in training mode
};

// Rows that hold several sequences with a common beginning:
// [prefix | branches]. The first `prefix_length` tokens of a row are a causal
// sequence (padded on the right where rows differ); a token behind them sees
// what `visible` says, at least one token.
struct BranchLayout {
  int64_t prefix_length = 0;
  at::Tensor positions;  // int64 [batch, length], each token's in its sequence
  at::Tensor visible;    // bool [batch, 1, length - prefix_length, length]
};

// Keys and values of the tokens that were seen, layer by layer, so that the
// next ones cost a pass over themselves alone. Begin with an empty one.
struct KvCache {
  struct Layer {
    at::Tensor keys;    // [batch, kv heads, length, head_dim], rotated
    at::Tensor values;  // the same
  };
  std::vector<Layer> layers;
  int64_t length = 0;  // tokens seen

  // Adds the keys and values of new tokens; returns those of all.
  Layer Append(int layer, const at::Tensor& keys, const at::Tensor& values);
};

struct ForwardOptions {
  const LoraModules* lora = nullptr;  // borrowed
  // bool [batch, length], false at padding; undefined: no padding, or padding
  // on the right only.
  at::Tensor attention_mask;
  // Set for rows with branches, instead of attention_mask; borrowed.
  const BranchLayout* branches = nullptr;
  // Ids then follow those that the cache has seen, and it has seen them, too,
  // after the pass: any number of ids at first, then one at a time. Without
  // mask and branches; borrowed.
  KvCache* cache = nullptr;
  // Keeps of a layer only what goes in and computes the rest again when
  // gradients are wanted: a layer's activations at a time instead of all.
  // Without branches, cache and trace.
  bool recompute_activations = false;
  // int64 [n]: rows of the flattened batch [batch * length] whose output is
  // wanted; undefined: all. The last layer then computes little else.
  at::Tensor rows;
  // Applies LoRA dropout, drawn from the seed: give each pass another one.
  bool training = false;
  uint64_t dropout_seed = 0;
  // Filled with the hidden states after the embedding and each layer if set
  // (after the last one of the wanted rows only).
  std::vector<at::Tensor>* trace = nullptr;
};

class Transformer {
 public:
  // `weights` must have the tensors and shapes that `config` says.
  Transformer(LlamaConfig config, Weights weights);

  const LlamaConfig& config() const { return config_; }
  const Weights& weights() const { return weights_; }

  // ids: int64 [batch, length]. Returns the final, normalised hidden states
  // [batch, length, hidden], or [n, hidden] of the wanted rows, in the model's
  // dtype.
  at::Tensor HiddenStates(const at::Tensor& ids,
                          const ForwardOptions& options = {}) const;

  // One decoder layer on whole sequences without padding, [batch, length,
  // hidden], with `weights` of layer `index`'s shape in the dtype of `hidden`.
  at::Tensor RunLayer(int index,
                      const LayerWeights& weights,
                      const at::Tensor& hidden) const;

  // hidden [..., hidden] -> logits [..., vocab] in the model's dtype.
  at::Tensor Logits(const at::Tensor& hidden) const;

 private:
  LlamaConfig config_;
  Weights weights_;
  at::Tensor inverse_frequencies_;  // fp32 [head_dim / 2]
};

// The weights of `model`; shared by nobody else where it was moved in and had
// no copies.
inline Weights TakeWeights(Model model) {
  return model.transformer().weights();
}

// Sum of next-token losses in fp32 over targets other than -100 (spec 7.8).
// hidden [batch, length, hidden], labels int64 [batch, length], not shifted.
// Only rows with a target reach the output matrix.
struct LossSum {
  at::Tensor sum;  // scalar fp32, carries the graph
  int64_t num_targets = 0;
};
LossSum NextTokenLoss(const Transformer& transformer,
                      const at::Tensor& hidden,
                      const at::Tensor& labels);

}  // namespace rankadaptor::llama::internal

#endif  // RANKADAPTOR_LLAMA_MODEL_TRANSFORMER_H_
