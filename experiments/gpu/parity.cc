#include "experiments/gpu/parity.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rankadaptor/common/random_stream.h"
#include "rankadaptor/llama/adapter.h"
#include "rankadaptor/llama/model.h"
#include "rankadaptor/llama/recovery.h"
#include "rankadaptor/llama/recovery_data.h"
#include "rankadaptor/llama/scorer.h"
#include "rankadaptor/llama/task.h"
#include "rankadaptor/llama/task_scores.h"
#include "rankadaptor/llama/tokenizer.h"

namespace rankadaptor::gpu_bench {
namespace {

using nlohmann::json;

struct Inputs {
  llama::RecoveryData data;
  llama::EncodedTask task;
};

// What one device computes in one format.
struct Outputs {
  std::vector<float> logits;       // of all rows, one after the other
  std::vector<double> losses;      // of each update
  std::vector<double> grad_norms;  // of each update
  std::vector<float> recovered;    // logits after recovery
  llama::TaskScores scores;
};

Result<Inputs> LoadInputs(const ParityOptions& options) {
  RA_ASSIGN_OR_RETURN(llama::Tokenizer tokenizer,
                      llama::Tokenizer::Load(options.model));
  RA_ASSIGN_OR_RETURN(
      llama::RecoveryData data,
      llama::LoadText(options.text, tokenizer, {.cutoff_length = 128}));
  RA_ASSIGN_OR_RETURN(llama::Task task,
                      llama::LoadTask(options.task_file.string(), ""));
  RA_ASSIGN_OR_RETURN(
      std::vector<int64_t> documents,
      llama::FirstDocuments(static_cast<int64_t>(task.documents.size()),
                            static_cast<double>(options.num_documents)));
  RA_ASSIGN_OR_RETURN(
      llama::EncodedTask encoded,
      llama::EncodeTask(
          task, documents, tokenizer, llama::ScoringPreset::k04WithBos));
  return Inputs{std::move(data), std::move(encoded)};
}

Result<std::vector<float>> AllLogits(const llama::Model& model,
                                     const llama::RecoveryData& data,
                                     int64_t num_rows) {
  std::vector<float> all;
  size_t count = std::min(data.rows.size(), static_cast<size_t>(num_rows));
  for (size_t i = 0; i < count; ++i) {
    RA_ASSIGN_OR_RETURN(std::vector<float> logits,
                        model.Logits(data.rows[i].ids));
    all.insert(all.end(), logits.begin(), logits.end());
  }
  return all;
}

// Without dropout: its random numbers differ between devices.
Result<llama::RecoveryResult> RecoverBriefly(const llama::Model& model,
                                             const llama::RecoveryData& data,
                                             int64_t num_updates) {
  llama::LoraOptions lora;
  lora.ranks.assign(model.config().layers.size(), 8);
  lora.dropout = 0;
  RA_ASSIGN_OR_RETURN(llama::Adapter initial,
                      llama::Adapter::Create(model, lora, 1));
  llama::RecoveryOptions options;
  options.batch_size = 16;
  options.steps = num_updates;
  options.warmup_steps = 2;
  options.learning_rate = 1e-3;
  return llama::Recover(model, initial, data, options);
}

Result<Outputs> Compute(const ParityOptions& options,
                        const Inputs& inputs,
                        const llama::ModelOptions& where) {
  RA_ASSIGN_OR_RETURN(llama::Model model,
                      llama::Model::Load(options.model, where));
  Outputs outputs;
  RA_ASSIGN_OR_RETURN(outputs.logits,
                      AllLogits(model, inputs.data, options.num_rows));
  RA_ASSIGN_OR_RETURN(outputs.scores,
                      llama::ScoreTask(model, nullptr, inputs.task, {}));
  RA_ASSIGN_OR_RETURN(llama::RecoveryResult recovered,
                      RecoverBriefly(model, inputs.data, options.num_updates));
  for (const llama::TrainingStep& step : recovered.log) {
    outputs.losses.push_back(step.loss);
    outputs.grad_norms.push_back(step.grad_norm);
  }
  RA_ASSIGN_OR_RETURN(llama::Model merged,
                      llama::Merge(model, recovered.adapter));
  RA_ASSIGN_OR_RETURN(outputs.recovered,
                      AllLogits(merged, inputs.data, options.num_rows));
  return outputs;
}

template <typename T>
double LargestDifference(std::span<const T> a, std::span<const T> b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    double difference = std::abs(static_cast<double>(a[i]) - b[i]);
    if (std::isnan(difference)) return difference;
    largest = std::max(largest, difference);
  }
  return largest;
}

std::vector<double> LogLikelihoods(const llama::TaskScores& scores) {
  std::vector<double> all;
  for (const llama::DocumentScore& document : scores.documents) {
    for (const llama::RequestScore& choice : document.choices) {
      all.push_back(choice.log_likelihood);
    }
  }
  return all;
}

int64_t NumChangedAnswers(const llama::TaskScores& a,
                          const llama::TaskScores& b) {
  int64_t changed = 0;
  for (size_t i = 0; i < a.documents.size(); ++i) {
    changed += a.documents[i].Predicted(a.metric) !=
               b.documents[i].Predicted(b.metric);
  }
  return changed;
}

json Compare(const Outputs& reference, const Outputs& other) {
  auto difference = [](const auto& a, const auto& b) {
    using T = typename std::decay_t<decltype(a)>::value_type;
    return LargestDifference<T>(a, b);
  };
  return {
      {"logits", difference(reference.logits, other.logits)},
      {"recovery_losses", difference(reference.losses, other.losses)},
      {"recovery_grad_norms",
       difference(reference.grad_norms, other.grad_norms)},
      {"recovered_logits", difference(reference.recovered, other.recovered)},
      {"log_likelihoods",
       difference(LogLikelihoods(reference.scores),
                  LogLikelihoods(other.scores))},
      {"changed_answers", NumChangedAnswers(reference.scores, other.scores)},
      {"accuracy", llama::Accuracy(other.scores, other.scores.metric).mean},
  };
}

}  // namespace

Result<json> MeasureParity(const ParityOptions& options) {
  using llama::DeviceKind;
  using llama::Dtype;
  RA_ASSIGN_OR_RETURN(Inputs inputs, LoadInputs(options));
  RA_ASSIGN_OR_RETURN(
      Outputs reference,
      Compute(options, inputs, {Dtype::kFloat32, DeviceKind::kCpu}));
  json result = {
      {"documents", inputs.task.documents.size()},
      {"updates", reference.losses.size()},
      {"accuracy_cpu_float32",
       llama::Accuracy(reference.scores, reference.scores.metric).mean}};
  const std::pair<const char*, llama::ModelOptions> others[] = {
      {"cpu_bfloat16", {Dtype::kBFloat16, DeviceKind::kCpu}},
      {"device_float32", {Dtype::kFloat32, options.device}},
      {"device_bfloat16", {Dtype::kBFloat16, options.device}}};
  for (const auto& [name, where] : others) {
    RA_ASSIGN_OR_RETURN(Outputs outputs, Compute(options, inputs, where));
    result[name] = Compare(reference, outputs);
  }
  return result;
}

}  // namespace rankadaptor::gpu_bench
