#include "runners/llama/llama_options.h"

namespace rankadaptor::runners {

llama::DeviceKind DeviceFrom(v1::Device device) {
  return device == v1::DEVICE_CUDA ? llama::DeviceKind::kCuda
                                   : llama::DeviceKind::kCpu;
}

llama::Dtype DtypeFrom(v1::Dtype dtype) {
  return dtype == v1::DTYPE_BFLOAT16 ? llama::Dtype::kBFloat16
                                     : llama::Dtype::kFloat32;
}

llama::LearningRateDecay DecayFrom(v1::LearningRateDecay decay,
                                   llama::LearningRateDecay otherwise) {
  switch (decay) {
    case v1::LEARNING_RATE_DECAY_LINEAR:
      return llama::LearningRateDecay::kLinear;
    case v1::LEARNING_RATE_DECAY_COSINE:
      return llama::LearningRateDecay::kCosine;
    default:
      return otherwise;
  }
}

Result<llama::LayerRange> LayerRangeFrom(const v1::LayerRange& range,
                                         const ConfigField& field) {
  if (range.start() >= range.end()) {
    return field.Invalid("starts at layer " + std::to_string(range.start()) +
                         " and ends before layer " +
                         std::to_string(range.end()) +
                         "; allowed: start below end");
  }
  return llama::LayerRange{.begin = static_cast<int>(range.start()),
                           .end = static_cast<int>(range.end())};
}

llama::PretrainingOptions PretrainingOptionsFrom(
    const v1::PretrainConfig& config) {
  llama::PretrainingOptions options;
  options.steps = config.steps();
  options.seed = config.seed();
  options.device = DeviceFrom(config.device());
  options.decay = DecayFrom(config.decay(), options.decay);
  if (config.has_tokens_per_batch()) {
    options.tokens_per_batch = config.tokens_per_batch();
  }
  if (config.has_row_length()) options.row_length = config.row_length();
  if (config.has_learning_rate()) {
    options.learning_rate = config.learning_rate();
  }
  if (config.has_warmup_steps()) options.warmup_steps = config.warmup_steps();
  if (config.has_weight_decay()) {
    options.adamw.weight_decay = config.weight_decay();
  }
  if (config.has_max_grad_norm()) {
    options.max_grad_norm = config.max_grad_norm();
  }
  return options;
}

llama::NestedPreviewOptions NestedPreviewOptionsFrom(
    const v1::NestedRanks& nested) {
  llama::NestedPreviewOptions options;
  options.num_vectors = static_cast<int>(nested.num_vectors());
  if (nested.has_steps()) options.steps = nested.steps();
  if (nested.has_item_share()) options.item_share = nested.item_share();
  return options;
}

llama::LlamaConfig ModelConfigFrom(const v1::ModelShape& shape,
                                   const llama::Tokenizer& tokenizer) {
  llama::LlamaConfig config;
  const int64_t num_heads = shape.num_heads();
  config.vocab_size = tokenizer.vocab_size();
  config.hidden_size = shape.hidden_size();
  config.head_dim = shape.hidden_size() / num_heads;
  config.layers.assign(
      shape.num_layers(),
      {.num_heads = num_heads,
       .num_kv_heads =
           shape.has_num_kv_heads() ? shape.num_kv_heads() : num_heads,
       .intermediate_size = shape.intermediate_size()});
  config.tie_word_embeddings = shape.tie_word_embeddings();
  config.bos_token_id = tokenizer.bos_id();
  config.eos_token_ids = {tokenizer.eos_id()};
  if (shape.has_rope_theta()) config.rope_theta = shape.rope_theta();
  if (shape.has_rms_norm_eps()) config.rms_norm_eps = shape.rms_norm_eps();
  if (shape.has_initializer_range()) {
    config.initializer_range = shape.initializer_range();
  }
  if (shape.has_max_position_embeddings()) {
    config.max_position_embeddings = shape.max_position_embeddings();
  }
  return config;
}

}  // namespace rankadaptor::runners
