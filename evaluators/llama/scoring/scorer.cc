#include "rankadaptor/llama/scorer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "evaluators/llama/model/tensors.h"
#include "evaluators/llama/model/transformer.h"
#include "evaluators/llama/scoring/log_probs.h"
#include "evaluators/llama/scoring/prefix_batches.h"

namespace rankadaptor::llama {
namespace {

using internal::Branch;
using internal::PrefixBatch;
using internal::PrefixBatchInputs;
using internal::PrefixRow;
using internal::TargetLogProbs;
using internal::TokenSequence;
using internal::Transformer;

// How many query-key pairs of attention cost as much as the matrix products of
// one token. A pair costs its multiplications and, per head, about 64 more for
// the softmax (measured on models of 0.3 to 1.3 M parameters, where it decides
// what is worth sharing; in large models attention hardly counts).
double PairsPerToken(const LlamaConfig& config) {
  double token = 0;
  double pair = 0;
  for (int layer = 0; layer < config.num_layers(); ++layer) {
    for (int p = 0; p < kNumProjections; ++p) {
      const MatrixShape shape =
          ProjectionShape(config, layer, static_cast<Projection>(p));
      token += 2 * static_cast<double>(shape.rows * shape.columns);
    }
    const auto heads = static_cast<double>(
        config.layers[static_cast<size_t>(layer)].num_heads);
    pair += heads * (4 * static_cast<double>(config.head_dim) + 64);
  }
  return pair > 0 ? token / pair : 1e9;
}

// A pass of one token costs about as much as one of `overhead` tokens: calls
// of kernels on the CPU, reading the weights on a GPU.
internal::BatchLimits LimitsFor(const Model& model, int64_t batch_size) {
  const bool on_cpu = model.device() == DeviceKind::kCpu;
  internal::BatchLimits limits;
  limits.cost.pairs_per_token = PairsPerToken(model.config());
  limits.cost.overhead = on_cpu ? 32 : 512;
  limits.max_sequences = batch_size;
  limits.max_tokens = on_cpu ? 512 : 16384;
  return limits;
}

Status CheckTokens(const EncodedRequest& request, int64_t vocab_size) {
  for (const auto* ids : {&request.context, &request.continuation}) {
    for (int32_t id : *ids) {
      if (id >= 0 && id < vocab_size) continue;
      return InvalidArgument("token " + std::to_string(id) +
                             " is not in the model's vocabulary of " +
                             std::to_string(vocab_size) +
                             "; tokenizer and model do not belong together");
    }
  }
  return {};
}

// The last max_length + 1 tokens of context and continuation, without the very
// last one (spec 8.6).
Result<TokenSequence> MakeInput(const EncodedRequest& request,
                                int64_t max_length) {
  const auto& [context, continuation] = request;
  if (static_cast<int64_t>(continuation.size()) > max_length) {
    return InvalidArgument(
        "the continuation has " + std::to_string(continuation.size()) +
        " tokens, more than max_length = " + std::to_string(max_length));
  }
  TokenSequence tokens = context;
  tokens.insert(tokens.end(), continuation.begin(), continuation.end());
  const auto size = static_cast<int64_t>(tokens.size());
  if (size > max_length + 1) {
    tokens.erase(tokens.begin(), tokens.end() - (max_length + 1));
  }
  tokens.pop_back();
  return tokens;
}

// Runs planned batches and collects the scores.
class ScoringRun {
 public:
  ScoringRun(const Model& model,
             const Adapter* adapter,
             std::span<const EncodedRequest> requests,
             std::span<const TokenSequence> inputs)
      : transformer_(model.transformer()),
        device_(internal::ToDevice(model.device())),
        requests_(requests),
        inputs_(inputs),
        scores_(requests.size()) {
    if (adapter != nullptr) forward_.lora = &adapter->modules();
  }

  Status Run(const PrefixBatch& batch) {
    std::vector<int64_t> rows;
    std::vector<int64_t> targets;
    ForEachSequence(batch, [&](int64_t row, const Branch& branch) {
      CollectTargets(batch, row, branch, rows, targets);
    });
    const TargetLogProbs log_probs =
        internal::LogProbsOf(transformer_, HiddenStates(batch, rows), targets);
    size_t next = 0;
    ForEachSequence(batch, [&](int64_t, const Branch& branch) {
      Score(branch.sequence, log_probs, next);
    });
    return CheckFinite(log_probs);
  }

  std::vector<RequestScore> TakeScores() { return std::move(scores_); }

 private:
  template <typename Visit>
  static void ForEachSequence(const PrefixBatch& batch, const Visit& visit) {
    for (size_t row = 0; row < batch.rows.size(); ++row) {
      for (const Branch& branch : batch.rows[row].branches) {
        visit(static_cast<int64_t>(row), branch);
      }
    }
  }

  // The final hidden states of some rows of the flattened batch.
  at::Tensor HiddenStates(const PrefixBatch& batch,
                          std::span<const int64_t> rows) {
    const PrefixBatchInputs inputs = internal::MakeInputs(batch, inputs_);
    const auto num_rows = static_cast<int64_t>(batch.rows.size());
    const int64_t length = batch.length();
    const at::Tensor ids =
        internal::ToDeviceTensor(inputs.ids, {num_rows, length}, device_);
    internal::BranchLayout layout;
    forward_.rows = internal::ToDeviceTensor(
        rows, {static_cast<int64_t>(rows.size())}, device_);
    forward_.branches = nullptr;
    if (batch.suffix_length > 0) {
      layout.prefix_length = batch.prefix_length;
      layout.positions = internal::ToDeviceTensor(
          inputs.positions, {num_rows, length}, device_);
      layout.visible =
          at::empty({num_rows, 1, batch.suffix_length, length}, at::kBool);
      std::ranges::copy(
          inputs.visible,
          static_cast<uint8_t*>(layout.visible.mutable_data_ptr()));
      layout.visible = layout.visible.to(device_);
      forward_.branches = &layout;
    }
    return transformer_.HiddenStates(ids, forward_);
  }

  // The rows of the flattened batch that predict the continuation.
  void CollectTargets(const PrefixBatch& batch,
                      int64_t row,
                      const Branch& branch,
                      std::vector<int64_t>& rows,
                      std::vector<int64_t>& targets) const {
    const auto index = static_cast<size_t>(branch.sequence);
    const auto& continuation = requests_[index].continuation;
    const PrefixRow& layout = batch.rows[static_cast<size_t>(row)];
    auto position =
        static_cast<int64_t>(inputs_[index].size() - continuation.size());
    for (int32_t target : continuation) {
      rows.push_back(row * batch.length() +
                     batch.Column(layout, branch, position++));
      targets.push_back(target);
    }
  }

  // Sums the next log-probabilities, which belong to this sequence. fp32 values
  // are added in double, so that the sum does not depend on an order.
  void Score(int sequence, const TargetLogProbs& log_probs, size_t& next) {
    const auto index = static_cast<size_t>(sequence);
    const EncodedRequest& request = requests_[index];
    RequestScore& score = scores_[index];
    score.num_context_tokens = static_cast<int64_t>(request.context.size());
    score.num_continuation_tokens =
        static_cast<int64_t>(request.continuation.size());
    score.is_greedy = true;
    for (size_t i = 0; i < request.continuation.size(); ++i, ++next) {
      score.log_likelihood += log_probs.log_probs[next];
      score.is_greedy = score.is_greedy && log_probs.is_argmax[next] != 0;
    }
  }

  static Status CheckFinite(const TargetLogProbs& log_probs) {
    const bool finite = std::ranges::all_of(
        log_probs.log_probs, [](float value) { return std::isfinite(value); });
    if (finite) return {};
    return FailedPrecondition(
        "the model's output is not finite, its weights may have diverged");
  }

  const Transformer& transformer_;
  const at::Device device_;
  std::span<const EncodedRequest> requests_;
  std::span<const TokenSequence> inputs_;
  internal::ForwardOptions forward_;
  std::vector<RequestScore> scores_;
};

}  // namespace

Result<std::vector<RequestScore>> ScoreRequests(
    const Model& model,
    const Adapter* adapter,
    std::span<const EncodedRequest> requests,
    const ScoringOptions& options) {
  const LlamaConfig& config = model.config();
  const int64_t max_length = options.max_length > 0
                                 ? options.max_length
                                 : config.max_position_embeddings;
  std::vector<TokenSequence> inputs;
  inputs.reserve(requests.size());
  for (const EncodedRequest& request : requests) {
    RA_RETURN_IF_ERROR(CheckTokens(request, config.vocab_size));
    RA_ASSIGN_OR_RETURN(inputs.emplace_back(), MakeInput(request, max_length));
  }
  const std::vector<PrefixBatch> batches =
      internal::PlanPrefixBatches(inputs, LimitsFor(model, options.batch_size));
  return internal::CatchTorch([&]() -> Result<std::vector<RequestScore>> {
    const at::NoGradGuard no_gradients;
    ScoringRun run(model, adapter, requests, inputs);
    for (size_t i = 0; i < batches.size(); ++i) {
      if (options.cancellation != nullptr &&
          options.cancellation->cancelled()) {
        return Cancelled("scoring was cancelled");
      }
      RA_RETURN_IF_ERROR(run.Run(batches[i]));
      if (options.progress) {
        options.progress(static_cast<double>(i + 1) /
                         static_cast<double>(batches.size()));
      }
    }
    return run.TakeScores();
  });
}

Result<TaskScores> ScoreTask(const Model& model,
                             const Adapter* adapter,
                             const EncodedTask& task,
                             const ScoringOptions& options) {
  std::vector<EncodedRequest> requests;
  for (const EncodedDocument& document : task.documents) {
    requests.insert(
        requests.end(), document.requests.begin(), document.requests.end());
  }
  auto scored = ScoreRequests(model, adapter, requests, options);
  if (!scored) return InContext("task " + task.name, std::move(scored).error());
  TaskScores scores{
      task.name, task.metric, task.reports_normalized_accuracy, {}};
  auto next = scored->begin();
  for (const EncodedDocument& document : task.documents) {
    const auto end = next + static_cast<ptrdiff_t>(document.requests.size());
    scores.documents.push_back(
        {document.doc_id, document.gold, {next, end}, document.choice_lengths});
    next = end;
  }
  return scores;
}

}  // namespace rankadaptor::llama
