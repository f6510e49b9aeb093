#include "rankadaptor/llama/pretraining.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "rankadaptor/common/random_stream.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/training/batch_tensors.h"
#include "evaluators/llama/training/document_batches.h"
#include "evaluators/llama/training/document_rows.h"
#include "evaluators/llama/training/option_checks.h"
#include "evaluators/llama/training/updater.h"

namespace rankadaptor::llama {
namespace {

using internal::Transformer;
using internal::Weights;

Status CheckOptions(const PretrainingOptions& options) {
  RA_RETURN_IF_ERROR(internal::CheckLowerBounds(
      {{"steps", options.steps, 1},
       {"row_length", options.row_length, 2},
       {"tokens_per_batch", options.tokens_per_batch, options.row_length},
       {"warmup_steps", options.warmup_steps, 0}}));
  RA_RETURN_IF_ERROR(
      internal::CheckRates(options.learning_rate, options.max_grad_norm));
  return internal::CheckAdamW(options.adamw);
}

Status CheckConfig(const LlamaConfig& config) {
  RA_RETURN_IF_ERROR(internal::CheckLowerBounds(
      {{"vocab_size", config.vocab_size, 3},
       {"hidden_size", config.hidden_size, 1},
       {"head_dim", config.head_dim, 2},
       {"num_hidden_layers", config.num_layers(), 1},
       {"bos_token_id", config.bos_token_id.value_or(-1), 0},
       {"number of eos_token_ids",
        static_cast<int64_t>(config.eos_token_ids.size()),
        1}}));
  for (const LayerShape& layer : config.layers) {
    RA_RETURN_IF_ERROR(internal::CheckLowerBounds(
        {{"num_heads", layer.num_heads, 1},
         {"num_kv_heads", layer.num_kv_heads, 1},
         {"intermediate_size", layer.intermediate_size, 1}}));
    if (layer.num_heads % layer.num_kv_heads != 0) {
      return InvalidArgument("num_heads = " + std::to_string(layer.num_heads) +
                             " is not a multiple of num_kv_heads = " +
                             std::to_string(layer.num_kv_heads));
    }
  }
  if (config.head_dim % 2 != 0) {
    return InvalidArgument("head_dim = " + std::to_string(config.head_dim) +
                           " is odd");
  }
  const std::vector<int32_t> special = {
      static_cast<int32_t>(*config.bos_token_id),
      static_cast<int32_t>(config.eos_token_ids[0])};
  return internal::CheckIds(
      "bos_token_id, eos_token_ids", special, config.vocab_size);
}

// Draws the initial weights; the matrices' order is part of what a seed means.
class WeightInitialiser {
 public:
  WeightInitialiser(double standard_deviation, uint64_t seed)
      : standard_deviation_(standard_deviation), seed_(seed) {}

  at::Tensor Matrix(int64_t rows, int64_t columns) {
    RandomStream stream(seed_, "initial weights", num_matrices_++);
    at::Tensor matrix = at::empty({rows, columns}, at::kFloat);
    float* values = matrix.mutable_data_ptr<float>();
    for (int64_t i = 0; i < matrix.numel(); ++i) {
      values[i] = static_cast<float>(stream.Normal(0, standard_deviation_));
    }
    return matrix;
  }

 private:
  double standard_deviation_;
  uint64_t seed_;
  uint64_t num_matrices_ = 0;
};

Weights InitialWeights(const LlamaConfig& config, uint64_t seed) {
  WeightInitialiser initialiser(config.initializer_range, seed);
  auto norm = [&] { return at::ones({config.hidden_size}, at::kFloat); };
  Weights weights;
  weights.embed_tokens =
      initialiser.Matrix(config.vocab_size, config.hidden_size);
  for (int layer = 0; layer < config.num_layers(); ++layer) {
    internal::LayerWeights& layer_weights = weights.layers.emplace_back();
    for (int p = 0; p < kNumProjections; ++p) {
      auto projection = static_cast<Projection>(p);
      MatrixShape shape = ProjectionShape(config, layer, projection);
      layer_weights[projection] = initialiser.Matrix(shape.rows, shape.columns);
    }
    layer_weights.input_norm = norm();
    layer_weights.post_attention_norm = norm();
  }
  weights.final_norm = norm();
  if (!config.tie_word_embeddings) {
    weights.lm_head = initialiser.Matrix(config.vocab_size, config.hidden_size);
  }
  return weights;
}

std::vector<at::Tensor*> AllTensors(Weights& weights) {
  std::vector<at::Tensor*> tensors = {&weights.embed_tokens};
  for (internal::LayerWeights& layer : weights.layers) {
    for (at::Tensor& projection : layer.projections) {
      tensors.push_back(&projection);
    }
    tensors.push_back(&layer.input_norm);
    tensors.push_back(&layer.post_attention_norm);
  }
  tensors.push_back(&weights.final_norm);
  if (weights.lm_head.defined()) tensors.push_back(&weights.lm_head);
  return tensors;
}

// The forward and backward pass of one batch; returns the mean loss.
double AccumulateGradients(const Transformer& transformer,
                           const TokenBatch& batch,
                           at::Device device) {
  const internal::BatchTensors tensors = internal::ToTensors(batch, device);
  internal::LossSum loss = internal::NextTokenLoss(
      transformer, transformer.HiddenStates(tensors.ids), tensors.labels);
  const auto count = static_cast<double>(loss.num_targets);
  loss.sum.backward(at::full_like(loss.sum.detach(), 1 / count));
  return loss.sum.item<double>() / count;
}

Result<Model> Train(const LlamaConfig& config,
                    std::vector<std::vector<int32_t>> rows,
                    const PretrainingOptions& options,
                    const TrainingHooks& hooks) {
  const at::Device device = internal::ToDevice(options.device);
  Weights weights = InitialWeights(config, options.seed);
  for (at::Tensor* tensor : AllTensors(weights)) *tensor = tensor->to(device);
  internal::Updater updater(
      AllTensors(weights), options.adamw, options.max_grad_norm);
  const Transformer transformer(config, weights);
  internal::DocumentBatches batches(
      std::move(rows), options.tokens_per_batch, options.seed);
  const LearningRateSchedule schedule = {options.learning_rate,
                                         options.warmup_steps,
                                         options.steps,
                                         options.decay};
  for (int64_t step = 0; step < options.steps; ++step) {
    RA_RETURN_IF_ERROR(internal::CheckCancellation(hooks, step));
    const TokenBatch batch = batches.Next();
    updater.Begin();
    TrainingStep log = {.step = step,
                        .learning_rate = schedule.At(step),
                        .num_tokens = batch.NumTokens(),
                        .num_targets = batch.NumTargets()};
    log.loss = AccumulateGradients(transformer, batch, device);
    RA_ASSIGN_OR_RETURN(log.grad_norm,
                        updater.Finish(step, log.loss, log.learning_rate));
    if (hooks.observer) hooks.observer(log);
  }
  for (at::Tensor* tensor : AllTensors(weights)) *tensor = tensor->detach();
  return Model(std::make_shared<Transformer>(config, std::move(weights)));
}

}  // namespace

Result<Model> Pretrain(const LlamaConfig& config,
                       const std::vector<std::vector<int32_t>>& documents,
                       const PretrainingOptions& options,
                       const TrainingHooks& hooks) {
  RA_RETURN_IF_ERROR(CheckOptions(options));
  RA_RETURN_IF_ERROR(CheckConfig(config));
  std::vector<std::vector<int32_t>> rows;
  for (size_t i = 0; i < documents.size(); ++i) {
    RA_RETURN_IF_ERROR(internal::CheckIds(
        "document " + std::to_string(i), documents[i], config.vocab_size));
    std::ranges::move(
        internal::DocumentRows(documents[i],
                               static_cast<int32_t>(*config.bos_token_id),
                               static_cast<int32_t>(config.eos_token_ids[0]),
                               options.row_length),
        std::back_inserter(rows));
  }
  if (rows.empty()) return InvalidArgument("there are no documents");
  RA_RETURN_IF_ERROR(OpenDevice(options.device));
  return internal::CatchTorch(
      [&] { return Train(config, std::move(rows), options, hooks); });
}

}  // namespace rankadaptor::llama
