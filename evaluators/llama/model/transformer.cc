#include "evaluators/llama/model/transformer.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numbers>
#include <optional>
#include <utility>

#include "rankadaptor/common/check.h"
#include "rankadaptor/common/random_stream.h"

#include "evaluators/llama/model/attention.h"
#include "evaluators/llama/model/layer_ops.h"
#include "evaluators/llama/model/projections.h"
#include "evaluators/llama/model/recompute.h"

namespace rankadaptor::llama::internal {
namespace {

// Llama 3's bands: long wavelengths are stretched by `factor`, short ones kept,
// those between are blended (spec 7.5).
at::Tensor ScaleFrequencies(const at::Tensor& inverse_frequencies,
                            const Llama3RopeScaling& scaling) {
  const auto original =
      static_cast<double>(scaling.original_max_position_embeddings);
  at::Tensor wavelength = 2 * std::numbers::pi / inverse_frequencies;
  at::Tensor stretched = inverse_frequencies / scaling.factor;
  at::Tensor share = (original / wavelength - scaling.low_freq_factor) /
                     (scaling.high_freq_factor - scaling.low_freq_factor);
  at::Tensor blended = (1 - share) * stretched + share * inverse_frequencies;
  at::Tensor long_band = wavelength > original / scaling.low_freq_factor;
  at::Tensor short_band = wavelength < original / scaling.high_freq_factor;
  return at::where(long_band,
                   stretched,
                   at::where(short_band, inverse_frequencies, blended));
}

// theta^(-2k/d) for k = 0 .. d/2-1 (spec 7.4), fp32 as the reference does.
at::Tensor InverseFrequencies(const LlamaConfig& config) {
  at::Tensor exponents = at::arange(0, config.head_dim, 2, at::kFloat) /
                         static_cast<double>(config.head_dim);
  at::Tensor frequencies = 1.0 / at::pow(config.rope_theta, exponents);
  if (!config.rope_scaling) return frequencies;
  return ScaleFrequencies(frequencies, *config.rope_scaling);
}

// positions: [(batch,) length].
RotaryTables MakeRotaryTables(const at::Tensor& inverse_frequencies,
                              const at::Tensor& positions,
                              at::ScalarType dtype) {
  at::Tensor angles =
      (positions.to(at::kFloat).unsqueeze(-1) * inverse_frequencies)
          .unsqueeze(-2);
  at::Tensor cosine = angles.cos();
  at::Tensor sine = angles.sin();
  return {at::cat({cosine, cosine}, -1).to(dtype),
          at::cat({-sine, sine}, -1).to(dtype)};
}

// Behind a cache: a first pass, or one token after all others, which sees
// `window` tokens, itself included; all if not set.
at::Tensor AttendToCache(const at::Tensor& q,
                         const at::Tensor& keys,
                         const at::Tensor& values,
                         const AttentionMask& mask,
                         std::optional<int64_t> window) {
  const int64_t length = keys.size(2);
  if (q.size(2) == length) return Attend(q, keys, values, mask);
  RA_CHECK(q.size(2) == 1) << q.size(2);
  const int64_t seen = std::min(length, window.value_or(length));
  return at::scaled_dot_product_attention(
      q,
      keys.narrow(2, length - seen, seen),
      values.narrow(2, length - seen, seen));
}

// [batch, length, width] -> [n, width] if rows are given.
at::Tensor SelectRows(const at::Tensor& x, const at::Tensor& rows) {
  return rows.defined() ? x.flatten(0, 1).index_select(0, rows) : x;
}

// One decoder layer's pass.
class LayerPass {
 public:
  // The layer at `index` of a model of `config`; these and `adapters`, which
  // may be null, are borrowed.
  LayerPass(const LlamaConfig& config,
            const LayerWeights& weights,
            int index,
            const ForwardOptions& options,
            const LayerAdapters* adapters)
      : config_(config),
        shape_(config.layers[static_cast<size_t>(index)]),
        weights_(weights),
        index_(index),
        adapters_(adapters),
        cache_(options.cache),
        dropout_seed_(options.dropout_seed) {
    if (options.training && options.lora != nullptr) {
      dropout_ = options.lora->dropout;
    }
  }

  // `rows`: as in ForwardOptions.
  at::Tensor Run(const at::Tensor& hidden,
                 const RotaryTables& tables,
                 const AttentionMask& mask,
                 const at::Tensor& rows) const {
    at::Tensor mixed =
        Attention(Norm(hidden, weights_.input_norm), tables, mask);
    at::Tensor attended =
        SelectRows(hidden, rows) +
        ProjectAll(SelectRows(mixed, rows), {Projection::kO})[0];
    return attended + Mlp(Norm(attended, weights_.post_attention_norm));
  }

 private:
  at::Tensor Norm(const at::Tensor& x, const at::Tensor& weight) const {
    return RmsNorm(x, weight, config_.rms_norm_eps);
  }

  // Each head by itself, where the architecture has such a norm (spec 7.10).
  at::Tensor NormHeads(const at::Tensor& x, const at::Tensor& weight) const {
    if (!weight.defined()) return x;
    return Norm(x.unflatten(-1, {-1, config_.head_dim}), weight).flatten(-2);
  }

  // Projections of one input with their adapters.
  std::vector<at::Tensor> ProjectAll(
      const at::Tensor& x,
      std::initializer_list<Projection> projections) const {
    ProjectionGroup group;
    for (Projection projection : projections) {
      group.weights.push_back(weights_[projection]);
      group.biases.push_back(weights_.bias(projection));
      group.adapters.push_back(AdapterOf(projection));
    }
    if (dropout_ > 0) {
      group.dropout = dropout_;
      // By place, so that it does not depend on which modules are adapted.
      group.dropout_seed = DeriveSeed(dropout_seed_,
                                      ProjectionName(*projections.begin()),
                                      static_cast<uint64_t>(index_));
    }
    return Project(x, group);
  }

  const LoraModule* AdapterOf(Projection projection) const {
    if (adapters_ == nullptr) return nullptr;
    return &(*adapters_)[static_cast<size_t>(projection)];
  }

  // What the heads gather, before the output projection.
  at::Tensor Attention(const at::Tensor& x,
                       const RotaryTables& tables,
                       const AttentionMask& mask) const {
    const std::vector<at::Tensor> qkv =
        ProjectAll(x, {Projection::kQ, Projection::kK, Projection::kV});
    // KV head g serves the consecutive query heads g*rep .. g*rep+rep-1
    // (spec 7.6).
    const int64_t kv_heads = shape_.num_kv_heads;
    const int64_t repeat = shape_.num_heads / kv_heads;
    const at::Tensor q = SpreadHeads(
        NormHeads(qkv[0], weights_.query_norm), &tables, shape_.num_heads, 1);
    const at::Tensor k = NormHeads(qkv[1], weights_.key_norm);
    at::Tensor mixed;
    if (cache_ != nullptr) {
      const auto [keys, values] =
          cache_->Append(index_,
                         SpreadHeads(k, &tables, kv_heads, 1),
                         SpreadHeads(qkv[2], nullptr, kv_heads, 1));
      mixed = AttendToCache(q,
                            keys.repeat_interleave(repeat, 1),
                            values.repeat_interleave(repeat, 1),
                            mask,
                            config_.sliding_window);
    } else {
      mixed = Attend(q,
                     SpreadHeads(k, &tables, kv_heads, repeat),
                     SpreadHeads(qkv[2], nullptr, kv_heads, repeat),
                     mask);
    }
    return mixed.transpose(1, 2).flatten(2);
  }

  at::Tensor Mlp(const at::Tensor& x) const {
    const std::vector<at::Tensor> gate_up =
        ProjectAll(x, {Projection::kGate, Projection::kUp});
    return ProjectAll(SwiGlu(gate_up[0], gate_up[1]), {Projection::kDown})[0];
  }

  const LlamaConfig& config_;
  const LayerShape& shape_;
  const LayerWeights& weights_;
  int index_;
  const LayerAdapters* adapters_;
  KvCache* cache_;
  double dropout_ = 0;
  uint64_t dropout_seed_;
};

}  // namespace

KvCache::Layer KvCache::Append(int layer,
                               const at::Tensor& keys,
                               const at::Tensor& values) {
  const auto index = static_cast<size_t>(layer);
  if (index >= layers.size()) layers.resize(index + 1);
  Layer& seen = layers[index];
  const bool first = !seen.keys.defined();
  seen.keys = first ? keys : at::cat({seen.keys, keys}, 2);
  seen.values = first ? values : at::cat({seen.values, values}, 2);
  return seen;
}

Transformer::Transformer(LlamaConfig config, Weights weights)
    : config_(std::move(config)), weights_(std::move(weights)) {
  RA_CHECK(weights_.layers.size() == config_.layers.size())
      << weights_.layers.size() << " layers of weights";
  inverse_frequencies_ =
      InverseFrequencies(config_).to(weights_.embed_tokens.device());
}

at::Tensor Transformer::HiddenStates(const at::Tensor& ids,
                                     const ForwardOptions& options) const {
  at::Tensor hidden = at::embedding(weights_.embed_tokens, ids);
  const int64_t begin = options.cache != nullptr ? options.cache->length : 0;
  const at::Tensor positions =
      options.branches != nullptr
          ? options.branches->positions
          : at::arange(begin, begin + ids.size(1), ids.options());
  const RotaryTables tables =
      MakeRotaryTables(inverse_frequencies_, positions, hidden.scalar_type());
  const AttentionMask mask = MakeAttentionMask(
      options, positions, config_.sliding_window, hidden.scalar_type());
  if (options.trace != nullptr) options.trace->push_back(hidden);
  for (int i = 0; i < config_.num_layers(); ++i) {
    const bool last = i + 1 == config_.num_layers();
    const at::Tensor rows = last ? options.rows : at::Tensor();
    const LayerAdapters* adapters =
        options.lora != nullptr ? &options.lora->layers[static_cast<size_t>(i)]
                                : nullptr;
    // Backward calls it when this pass is long over.
    auto run = [this, i, options, tables, mask, rows](
                   const at::Tensor& input, const LayerAdapters* with) {
      return LayerPass(config_,
                       weights_.layers[static_cast<size_t>(i)],
                       i,
                       options,
                       with)
          .Run(input, tables, mask, rows);
    };
    hidden = options.recompute_activations
                 ? RunRecomputed(run, hidden, adapters)
                 : run(hidden, adapters);
    if (options.trace != nullptr) options.trace->push_back(hidden);
  }
  if (options.cache != nullptr) options.cache->length += ids.size(1);
  return RmsNorm(hidden, weights_.final_norm, config_.rms_norm_eps);
}

at::Tensor Transformer::RunLayer(int index,
                                 const LayerWeights& weights,
                                 const at::Tensor& hidden) const {
  const at::Tensor positions = at::arange(
      hidden.size(1), inverse_frequencies_.options().dtype(at::kLong));
  const RotaryTables tables =
      MakeRotaryTables(inverse_frequencies_, positions, hidden.scalar_type());
  const ForwardOptions options;
  const AttentionMask mask = MakeAttentionMask(
      options, positions, config_.sliding_window, hidden.scalar_type());
  return LayerPass(config_, weights, index, options, /*adapters=*/nullptr)
      .Run(hidden, tables, mask, at::Tensor());
}

at::Tensor Transformer::Logits(const at::Tensor& hidden) const {
  return at::linear(
      hidden,
      weights_.lm_head.defined() ? weights_.lm_head : weights_.embed_tokens);
}

LossSum NextTokenLoss(const Transformer& transformer,
                      const at::Tensor& hidden,
                      const at::Tensor& labels) {
  constexpr int64_t kIgnore = -100;
  const int64_t length = labels.size(1);
  at::Tensor targets = labels.narrow(1, 1, length - 1).reshape({-1});
  at::Tensor kept = at::nonzero(targets != kIgnore).squeeze(1);
  at::Tensor rows = hidden.narrow(1, 0, length - 1)
                        .reshape({-1, hidden.size(2)})
                        .index_select(0, kept);
  at::Tensor logits = transformer.Logits(rows).to(at::kFloat);
  at::Tensor sum = at::cross_entropy_loss(
      logits, targets.index_select(0, kept), {}, at::Reduction::Sum);
  return {sum, kept.size(0)};
}

}  // namespace rankadaptor::llama::internal
