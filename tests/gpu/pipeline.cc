#include "tests/gpu/pipeline.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <sys/resource.h>

#include "rankadaptor/common/clock.h"
#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/scorer.h"

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"

namespace rankadaptor::testing {
namespace {

using llama::Model;

// Drawn where they stay: 7B in fp32 on the CPU would take minutes.
Model RandomModelOnDevice(const PipelineOptions& options) {
  const llama::LlamaConfig& config = options.config;
  const auto where =
      at::TensorOptions(llama::internal::ToScalarType(options.dtype))
          .device(llama::internal::ToDevice(options.device));
  auto matrix = [&](int64_t rows, int64_t columns) {
    return at::randn({rows, columns}, where)
        .mul_(1 / std::sqrt(static_cast<double>(columns)));
  };
  auto norm = [&] { return at::ones({config.hidden_size}, where); };
  llama::internal::Weights weights;
  weights.embed_tokens = matrix(config.vocab_size, config.hidden_size);
  for (int i = 0; i < config.num_layers(); ++i) {
    llama::internal::LayerWeights layer;
    for (int p = 0; p < llama::kNumProjections; ++p) {
      const auto projection = static_cast<llama::Projection>(p);
      const auto shape = llama::ProjectionShape(config, i, projection);
      layer[projection] = matrix(shape.rows, shape.columns);
    }
    layer.input_norm = norm();
    layer.post_attention_norm = norm();
    weights.layers.push_back(std::move(layer));
  }
  weights.final_norm = norm();
  if (!config.tie_word_embeddings) {
    weights.lm_head = matrix(config.vocab_size, config.hidden_size);
  }
  return Model(std::make_shared<const llama::internal::Transformer>(
      config, std::move(weights)));
}

std::vector<int32_t> RandomIds(const llama::LlamaConfig& config,
                               int64_t count,
                               RandomStream& stream) {
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < count; ++i) {
    ids.push_back(
        static_cast<int32_t>(stream.UniformInt(3, config.vocab_size - 1)));
  }
  return ids;
}

int64_t PeakBytes(llama::DeviceKind device) {
  if (device == llama::DeviceKind::kCpu) {
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss * int64_t{1024};
  }
  constexpr size_t kAggregate = 0;  // c10's StatType
  return c10::getDeviceAllocator(at::kCUDA)
      ->getDeviceStats(0)
      .allocated_bytes[kAggregate]
      .peak;
}

void ResetPeak(llama::DeviceKind device) {
  if (device == llama::DeviceKind::kCpu) return;
  c10::getDeviceAllocator(at::kCUDA)->resetPeakStats(0);
}

Result<Model> PruneRandomly(const Model& model,
                            const PipelineOptions& options,
                            RandomStream& stream,
                            PipelineReport& report) {
  llama::TokenWindows windows;
  for (int i = 0; i < 10; ++i) {
    windows.push_back(
        RandomIds(options.config, options.calibration_tokens, stream));
  }
  RA_ASSIGN_OR_RETURN(llama::PruneResult pruned,
                      llama::Prune(model, windows, options.pruning));
  report.parameters_before = pruned.report.parameters_before;
  report.parameters_after = pruned.report.parameters_after;
  return std::move(pruned.model);
}

Result<llama::Adapter> RecoverRandomly(const Model& model,
                                       const PipelineOptions& options,
                                       RandomStream& stream,
                                       PipelineReport& report) {
  llama::RecoveryData data;
  for (int64_t i = 0; i < options.batch_size; ++i) {
    const auto ids = RandomIds(options.config, options.row_tokens, stream);
    data.rows.push_back({ids, ids});
  }
  llama::LoraOptions lora;
  lora.ranks.assign(model.config().layers.size(), options.rank);
  RA_ASSIGN_OR_RETURN(llama::Adapter initial,
                      llama::Adapter::Create(model, lora, 1));
  llama::RecoveryOptions recovery;
  recovery.batch_size = options.batch_size;
  recovery.micro_batch_size = options.micro_batch_size;
  recovery.steps = options.updates;
  recovery.warmup_steps = 1;
  recovery.learning_rate = 1e-3;
  recovery.recompute_activations = true;
  RA_ASSIGN_OR_RETURN(llama::RecoveryResult result,
                      llama::Recover(model, initial, data, recovery));
  report.first_loss = result.log.front().loss;
  report.last_loss = result.log.back().loss;
  report.recovery_tokens_per_second = result.tokens_per_second;
  return std::move(result.adapter);
}

Status ScoreRandomly(const Model& model,
                     const llama::Adapter& adapter,
                     const PipelineOptions& options,
                     RandomStream& stream,
                     PipelineReport& report) {
  std::vector<llama::EncodedRequest> requests;
  for (int64_t i = 0; i < options.num_requests; ++i) {
    requests.push_back(
        {RandomIds(options.config, options.row_tokens / 2, stream),
         RandomIds(options.config, 8, stream)});
  }
  const double start = SystemClock().MonotonicSeconds();
  RA_ASSIGN_OR_RETURN(std::vector<llama::RequestScore> scores,
                      llama::ScoreRequests(model, &adapter, requests, {}));
  const double seconds = SystemClock().MonotonicSeconds() - start;
  const auto tokens =
      static_cast<double>(options.num_requests * (options.row_tokens / 2 + 8));
  report.scoring_tokens_per_second = tokens / seconds;
  for (const llama::RequestScore& score : scores) {
    if (!std::isfinite(score.log_likelihood)) {
      return Internal("a log-likelihood is not finite");
    }
  }
  return {};
}

}  // namespace

std::string PipelineReport::Text() const {
  char text[512];
  std::snprintf(text,
                sizeof(text),
                "%.3f of %.3f billion parameters kept; recovery %.0f tokens/s, "
                "scoring %.0f tokens/s; peak memory %.2f GiB, %.2f GiB after "
                "pruning; loss %.3f to %.3f",
                static_cast<double>(parameters_after) * 1e-9,
                static_cast<double>(parameters_before) * 1e-9,
                recovery_tokens_per_second,
                scoring_tokens_per_second,
                static_cast<double>(peak_bytes) / (1 << 30),
                static_cast<double>(peak_bytes_after_pruning) / (1 << 30),
                first_loss,
                last_loss);
  return text;
}

Result<PipelineReport> RunPipeline(const PipelineOptions& options) {
  RandomStream stream(1, "pipeline");
  PipelineReport report;
  ResetPeak(options.device);
  std::optional<Model> model;
  {
    const Model dense = RandomModelOnDevice(options);
    RA_ASSIGN_OR_RETURN(model, PruneRandomly(dense, options, stream, report));
  }
  report.peak_bytes = PeakBytes(options.device);
  ResetPeak(options.device);
  RA_ASSIGN_OR_RETURN(const llama::Adapter adapter,
                      RecoverRandomly(*model, options, stream, report));
  RA_RETURN_IF_ERROR(ScoreRandomly(*model, adapter, options, stream, report));
  report.peak_bytes_after_pruning = PeakBytes(options.device);
  report.peak_bytes =
      std::max(report.peak_bytes, report.peak_bytes_after_pruning);
  return report;
}

}  // namespace rankadaptor::testing
